"""Whose a guest is: its definition carries the newest epoch of those owners of its host who changed it."""

from typing import Final

from berthline.domain.errors import LeaseLost
from berthline.hypervisor.libvirt import binding, xml
from berthline.hypervisor.libvirt.binding import Domain, libvirt_error

NAMESPACE: Final = "urn:berthline:owner:1"
"""Of an element of its own in a domain's metadata: libvirt replaces an element as a whole."""


def epoch_of(domain: Domain) -> int:
    """The epoch that the guest carries, 0 for none."""
    try:
        text = domain.metadata(binding.METADATA_ELEMENT, NAMESPACE)
    except libvirt_error as error:
        if error.get_error_code() == binding.NO_METADATA:
            return 0
        raise
    said = xml.parsed(text).get("epoch", "")
    return int(said) if said.isdigit() else 0


def own(domain: Domain, epoch: int) -> None:
    """Have the guest carry this epoch; 0 looks at nothing. Raises LeaseLost where it carries a newer one.

    Between the look and what follows another owner may come: so nothing is begun in the last third of a lease.
    """
    if not epoch or not domain.isPersistent():  # one that is on its way here is nobody's yet
        return
    carried = epoch_of(domain)
    if carried > epoch:
        raise LeaseLost(f"guest {domain.name()} is of its host's owner of epoch {carried}, not of {epoch}")
    if carried < epoch:
        flags = binding.AFFECT_CONFIG | (binding.AFFECT_LIVE if domain.isActive() else 0)
        domain.setMetadata(binding.METADATA_ELEMENT, f'<owner epoch="{epoch}"/>', "berthline-owner", NAMESPACE, flags)
