"""NICs that a simulated guest gets, loses and has."""

from collections.abc import Collection, Mapping

from berthline.domain.errors import Refused
from berthline.domain.hypervisor import ON, FoundNic, NicOfPort
from berthline.domain.ids import ServerId
from berthline.domain.network_info import VIF
from berthline.hypervisor.in_memory.base import Verbs
from berthline.hypervisor.kept_guests import kept_nic


class NicVerbs(Verbs):
    """See ``domain.hypervisor.Hypervisor``."""

    async def attach_interface(self, server_id: ServerId, vif: VIF) -> None:
        guest, nic = self._guest(server_id), kept_nic(vif)
        if any(nic.id == other.id for other in guest.nics):
            return
        if len(guest.nics) >= guest.room:
            raise Refused(
                f"Guest {server_id} has {len(guest.nics)} NICs, and no room for one more. Detach one first, or "
                "create a server with all of them."
            )
        if guest.power in ON:
            self._refuse_taken(server_id, (nic,))
        guest.nics += (nic,)
        if guest.power in ON:
            self._plug_in(server_id, nic)

    async def detach_interface(self, server_id: ServerId, nic: NicOfPort) -> None:
        if self._taken(server_id) is None:
            return
        guest = self._guest(server_id)
        gone = tuple(each for each in guest.nics if each.id == nic.id)
        guest.nics = tuple(each for each in guest.nics if each.id != nic.id)
        if guest.power in ON:
            for each in gone:
                self._unplug(each)

    async def interfaces(self, server_ids: Collection[ServerId]) -> Mapping[ServerId, frozenset[FoundNic]]:
        known = self._guests
        return {
            server_id: frozenset([FoundNic(nic.id) for nic in known[server_id].nics])
            for server_id in server_ids
            if server_id in known
        }
