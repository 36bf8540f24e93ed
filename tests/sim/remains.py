"""What a server's moves, images and disks must be like in a quiet cloud: nothing more is kept than is still of use."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec

from berthline.domain.compute import Flavor, Migration, Server, VmState
from berthline.domain.ids import HostName, ServerId
from berthline.domain.image import Image
from berthline.hypervisor.guest_state import Disks
from berthline.saga import SagaRecord
from berthline.workflows.server import create, delete, power, rebuild, rescue, returning, soft_delete
from berthline.workflows.server.resize import confirm, move, revert
from berthline.workflows.server.shelving import shelve, unshelve
from berthline.workflows.server.snapshots import create_image
from berthline.workflows.server.snapshots.create_image import CreateImage
from tests.sim.cloud import FLAVORS, Content
from tests.sim.lives import KEPT_BACKUPS
from tests.sim.model import AskedServer
from tests.workflows.world import CONTENTS, SHA512

AT_ITS_END: Final = frozenset({"finished", "confirming", "confirmed"})
"""How a move stands whose server has the flavor and the host that it led to; else it has those from before."""

_AT_WORK: Final[frozenset[VmState]] = frozenset({"active", "stopped"})
_SHELVED: Final[frozenset[VmState]] = frozenset({"shelved", "shelved_offloaded"})
_GONE: Final[frozenset[VmState]] = frozenset()
LEAVES: Final[Mapping[str, frozenset[VmState]]] = {
    **dict.fromkeys((create.KIND, rebuild.KIND, rescue.UNRESCUE, confirm.KIND, revert.KIND), _AT_WORK),
    **dict.fromkeys((power.kind("start"), power.kind("reboot"), power.kind("hard_reboot")), _AT_WORK),
    **dict.fromkeys((power.kind("unpause"), power.kind("resume"), *unshelve.KINDS), _AT_WORK),
    power.kind("stop"): frozenset({"stopped"}),
    power.kind("pause"): _AT_WORK | {"paused"},
    power.kind("suspend"): _AT_WORK | {"suspended"},
    returning.KIND: _AT_WORK | {"paused", "rescued", "resized"},
    rescue.RESCUE: frozenset({"rescued"}),
    **dict.fromkeys(move.KINDS, frozenset[VmState]({"resized"})),
    shelve.SHELVE: _SHELVED,
    shelve.OFFLOAD: frozenset({"shelved_offloaded"}),
    soft_delete.SOFT_DELETE: frozenset({"soft-delete"}),
    soft_delete.RESTORE: _AT_WORK | _SHELVED | {"error"},
    delete.KIND: _GONE,
}
"""What a server may be at rest when a saga of this kind was the last that changed it, and was done."""


def moves(server: Server, own: Sequence[Migration]) -> Iterator[str]:
    """What is wrong with a server that has a host, by its moves, the newest first."""
    held = [migration for migration in own if migration.held]
    if server.vm_state == "resized" and not any(migration.status == "finished" for migration in held):
        yield f"server {server.name} is {server.vm_state}, and is in the moves {[each.status for each in held]}"
    if held and server.vm_state not in {"resized", "error"}:
        yield f"server {server.name} is {server.vm_state}, and a move of it is {held[0].status}"
    resizes = [migration for migration in own if migration.type == "resize"]
    wanted = FLAVORS[0]
    if resizes and resizes[0].status != "reverting":
        wanted = resizes[0].new_flavor if resizes[0].status in AT_ITS_END else resizes[0].old_flavor
    if not (resizes and resizes[0].status == "reverting") and server.flavor.id != wanted.id:
        yield f"server {server.name} has flavor {server.flavor.id}, and should have {wanted.id}"


def ways_back(server: Server, own: Sequence[Migration]) -> tuple[HostName, ...]:
    """Where a server may be bound already whose way back failed half way."""
    half = server.vm_state == "error"
    return tuple(migration.source for migration in own if half and migration.held and migration.status == "reverting")


def more_cores(own: Sequence[Migration], flavor: Flavor) -> int:
    """The cores that the move of a server holds beside those of its flavor."""
    held = [migration for migration in own if migration.held]
    return max([0, *(max(each.old_flavor.vcpus, each.new_flavor.vcpus) - flavor.vcpus for each in held)])


def disks(server: Server, found: Disks, own: Sequence[Migration], sagas: Sequence[SagaRecord]) -> Iterator[str]:
    """What is wrong with the disks of a server that has a guest."""
    kept = any(migration.held and migration.stays for migration in own)
    if kept != (found.kept is not None):
        yield f"server {server.name} is {server.vm_state}, and the disks kept from before a resize are {found.kept}"
    from_its_image = not any(saga.kind in unshelve.KINDS for saga in sagas)
    assert server.image_id is not None
    if from_its_image and found.sha512 != SHA512[server.image_id]:
        yield f"server {server.name} is of image {server.image_id}, and its disks are of {found.sha512}"


def contents(asked: AskedServer, server: Server, written: bytes, sagas: Sequence[SagaRecord]) -> Iterator[str]:
    """Whether what its guest wrote is still there; a rebuild since may have lost it."""
    rebuilt = sum(saga.kind == rebuild.KIND for saga in sagas) > asked.rebuilds
    if written == asked.written or (rebuilt and not written):
        asked.written = written
    else:
        yield f"server {server.name} had {asked.written!r} on its disk, and has {written!r}"


def acknowledged(server: Server, sagas: Sequence[SagaRecord]) -> Iterator[str]:
    """Whether the server is as what was done to it last has left it, or as its guest has become since by itself."""
    last = next((saga for saga in sagas if saga.kind in LEAVES), None)
    if last is not None and last.state == "done" and server.vm_state not in LEAVES[last.kind]:
        yield f"server {server.name} is {server.vm_state} after {last.kind}"


def images(now: Content, sagas: Mapping[ServerId, Sequence[SagaRecord]]) -> Iterator[str]:
    """Every image is one that was finished, or the disk of a shelved server; and each of these is there."""
    own = {image.id: image for image in now.images if image.id not in CONTENTS}
    yield from (f"image {image.name} is {image.status}" for image in own.values() if image.status != "active")
    shelved = {server.shelved_image_id for server in now.servers.values() if server.shelved_image_id is not None}
    yield from (f"the image {image_id} of a shelved server is gone" for image_id in shelved - own.keys())
    for image in own.values():
        if (image.name or "").endswith("-shelved") and image.id not in shelved:
            yield f"image {image.name} is the disk of no shelved server"
    for server_id, of_server in sagas.items():
        for saga in (saga for saga in of_server if saga.kind == create_image.KIND):
            asked = msgspec.json.decode(saga.input, type=CreateImage)
            if asked.rotation is None and saga.state == "done" and asked.image_id not in own:
                yield f"image {asked.image_id} of server {server_id} was made, and is gone"
    backups = Counter(_server_of(image) for image in own.values() if (image.name or "").startswith("backup-"))
    yield from (f"server {id_} has {count} backups" for id_, count in backups.items() if count > KEPT_BACKUPS)


def _server_of(image: Image) -> str:
    return image.properties.get("instance_uuid", "")
