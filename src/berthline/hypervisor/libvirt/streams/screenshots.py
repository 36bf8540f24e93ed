"""Pictures of guests' screens, and keys for them: what libvirt does by any of its connections."""

from contextlib import suppress
from typing import Final

from berthline.domain.errors import Refused
from berthline.domain.ids import ServerId
from berthline.hypervisor.libvirt import binding, guests
from berthline.hypervisor.libvirt.binding import Connection, Domain, Stream, libvirt_error
from berthline.hypervisor.libvirt.connection import is_lost
from berthline.hypervisor.screens.frames import Frame

PIECE: Final = 1 << 18
LARGEST: Final = 32 * 1024**2
"""Bytes of a picture's file: a PPM of the largest that is shown has fewer."""
FIRST_SCREEN: Final = 0
USUAL_TIME: Final = 0
"""How long keys stay down: QEMU's own time."""


def taken(connection: Connection, server_id: ServerId) -> Frame | None:
    """The guest's screen as it is now; None where the guest is off or absent. Raises Refused for what is no picture."""
    domain = guests.found(connection, server_id)
    if domain is None:
        return None
    try:
        content = _read(connection, domain) if domain.isActive() else None
    except libvirt_error as error:
        if is_lost(error) or domain.isActive():
            raise
        return None  # it went off while it was looked at
    if content is None:
        return None
    from berthline.hypervisor.screens.decoding import decoded  # loads Pillow, which few processes need

    try:
        return decoded(content)
    except ValueError as error:
        raise Refused(f"The host's picture of guest {server_id} cannot be shown: {error}.") from error


def press(connection: Connection, server_id: ServerId, numbers: tuple[int, ...]) -> None:
    """Press these keys of the guest's together, and let them go."""
    domain = guests.guest(connection, server_id)
    domain.sendKey(binding.KEYS_BY_NUMBER, USUAL_TIME, list(numbers), len(numbers))


def _read(connection: Connection, domain: Domain) -> bytes:
    stream = connection.newStream()
    domain.screenshot(stream, FIRST_SCREEN)
    whole = False
    try:
        content = _all_of(stream)
        stream.finish()
        whole = True
    finally:
        if not whole:
            with suppress(libvirt_error):
                stream.abort()
    return content


def _all_of(stream: Stream) -> bytes:
    pieces, length = [], 0
    while piece := stream.recv(PIECE):
        pieces.append(piece)
        length += len(piece)
        if length > LARGEST:
            raise Refused("The guest's screen is larger than can be shown.")
    return b"".join(pieces)
