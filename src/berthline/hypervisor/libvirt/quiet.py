"""That a guest is about to be made quiet: noted in its definition before, so that whoever comes next lets it go on.

It is noted of a guest that is on alone, and ends with its power, as being quiet does.
"""

from typing import Final

from berthline.hypervisor.libvirt import binding
from berthline.hypervisor.libvirt.binding import Domain, libvirt_error

NAMESPACE: Final = "urn:berthline:quiet:1"
"""Of an element of its own in a domain's metadata: libvirt replaces an element as a whole."""


def note(domain: Domain) -> None:
    """Say so."""
    domain.setMetadata(binding.METADATA_ELEMENT, "<quiet/>", "berthline-quiet", NAMESPACE, binding.AFFECT_LIVE)


def is_noted(domain: Domain) -> bool:
    """Whether it was said and not taken back: the guest may be quiet still."""
    try:
        domain.metadata(binding.METADATA_ELEMENT, NAMESPACE, binding.AFFECT_LIVE)
    except libvirt_error as error:
        if error.get_error_code() == binding.NO_METADATA:
            return False
        raise
    return True


def forget(domain: Domain) -> None:
    """Take it back."""
    domain.setMetadata(binding.METADATA_ELEMENT, None, None, NAMESPACE, binding.AFFECT_LIVE)
