"""NICs that a guest gets, loses and has."""

from collections.abc import Collection, Mapping
from contextlib import suppress

from berthline.domain.errors import Transient
from berthline.domain.hypervisor import FoundNic, NicOfPort
from berthline.domain.ids import ServerId
from berthline.domain.network_info import VIF
from berthline.hypervisor.libvirt import binding, capabilities, guests, xml
from berthline.hypervisor.libvirt.binding import Connection, Domain, libvirt_error
from berthline.hypervisor.libvirt.connection import Missing
from berthline.hypervisor.libvirt.verbs.base import Verbs


class NicVerbs(Verbs):
    """See ``domain.hypervisor.Hypervisor``."""

    async def attach_interface(self, server_id: ServerId, vif: VIF) -> None:
        def work(connection: Connection) -> None:
            domain = guests.guest(connection, server_id)
            wanting = [each for each in _descriptions(domain) if xml.interface_of(each[1], vif.id) is None]
            capabilities.check_room(server_id, [description for _, description in wanting])
            for flag, description in wanting:
                model = xml.vif_model_of(description)
                domain.attachDeviceFlags(xml.interface_xml(vif, self._settings, model), flag)

        await self._change(f"attach port {vif.id} to guest {server_id}", server_id, work)

    async def detach_interface(self, server_id: ServerId, nic: NicOfPort) -> None:
        """Raises Transient when the guest does not let the NIC go in time; it may be busy booting."""
        aim = f"detach port {nic.id} from guest {server_id}"

        def ask(connection: Connection) -> bool:
            domain = guests.found(connection, server_id)
            if domain is None:
                return True
            descriptions = _descriptions(domain)
            for flag, description in reversed(descriptions):
                interface = xml.interface_of(description, nic.id)
                if interface is not None:
                    domain.detachDeviceFlags(interface, flag)
            return len(descriptions) == 1

        def is_gone(connection: Connection) -> bool:
            domain = guests.found(connection, server_id)
            return domain is None or xml.interface_of(domain.XMLDesc(), nic.id) is None

        with suppress(Missing):
            if await self._change(aim, server_id, ask):
                return
            if not await self._until(aim, is_gone, self._settings.detach_seconds):
                raise Transient(f"Guest {server_id} has not let the NIC of port {nic.id} go yet.")

    async def interfaces(self, server_ids: Collection[ServerId]) -> Mapping[ServerId, frozenset[FoundNic]]:
        def work(connection: Connection) -> Mapping[ServerId, frozenset[FoundNic]]:
            found = {server_id: _nics(connection, server_id) for server_id in server_ids}
            return {server_id: nics for server_id, nics in found.items() if nics is not None}

        return await self._host.run("list the NICs of guests", work)


def _descriptions(domain: Domain) -> list[tuple[int, str]]:
    """The guest as it will start next and, while it is on, as it is; each with the flag that changes it."""
    found = [(binding.AFFECT_CONFIG, domain.XMLDesc(binding.XML_INACTIVE))]
    if domain.isActive():
        found.append((binding.AFFECT_LIVE, domain.XMLDesc()))
    return found


def _nics(connection: Connection, server_id: ServerId) -> frozenset[FoundNic] | None:
    """The NICs of a guest, None when there is no such guest, or none any more."""
    try:
        domain = guests.found(connection, server_id)
        descriptions = None if domain is None else _descriptions(domain)
    except libvirt_error as error:
        if error.get_error_code() in binding.MISSING_CODES:
            return None
        raise
    if descriptions is None:
        return None
    return frozenset(FoundNic(port) for _, description in descriptions for port in xml.ports_of(description))
