"""Guests that are made, started, stopped, paused and looked at."""

from collections.abc import Collection, Mapping
from contextlib import suppress
from functools import partial

from berthline.domain.errors import Refused
from berthline.domain.hypervisor import GuestDiagnostics, GuestPower, GuestSpec
from berthline.domain.ids import ServerId
from berthline.hypervisor.libvirt import binding, capabilities, guests, hung, owners, xml
from berthline.hypervisor.libvirt.binding import Connection, Domain
from berthline.hypervisor.libvirt.connection import InvalidState, Missing
from berthline.hypervisor.libvirt.verbs.base import Verbs


class PowerVerbs(Verbs):
    """See ``domain.hypervisor.Hypervisor``."""

    async def define(self, spec: GuestSpec) -> None:
        def work(connection: Connection) -> None:
            domain = guests.found(connection, spec.server_id)
            if domain is not None and domain.isActive():
                raise Refused(f"Guest {spec.server_id} is {guests.power(domain)}. Shut it off first.")
            self._defined(connection, spec)

        await self._change(f"define guest {spec.server_id}", spec.server_id, work)

    async def start_paused(self, spec: GuestSpec) -> None:
        def work(connection: Connection) -> None:
            domain = guests.found(connection, spec.server_id)
            if domain is None or not domain.isActive():
                self._defined(connection, spec).createWithFlags(binding.START_PAUSED)

        await self._change(f"start guest {spec.server_id}", spec.server_id, work)

    def _defined(self, connection: Connection, spec: GuestSpec) -> Domain:
        """The guest, defined by this spec. Raises libvirt's error where one of its files is missing."""
        files = self._files.guest_files(connection, spec)
        virt_type, machine = self._chosen_virt_type(connection), xml.machine_of(spec, self._settings)
        capabilities.check_hardware(connection, spec, machine, virt_type)
        domain = connection.defineXMLFlags(xml.domain_xml(spec, files, virt_type, self._settings))
        owners.own(domain, self._epoch)
        return domain

    async def resume(self, server_id: ServerId) -> None:
        await self._change(f"resume guest {server_id}", server_id, partial(guests.resume, server_id=server_id))

    async def pause(self, server_id: ServerId) -> None:
        await self._change(f"pause guest {server_id}", server_id, partial(guests.pause, server_id=server_id))

    async def suspend(self, server_id: ServerId) -> None:
        await self._change(f"suspend guest {server_id}", server_id, partial(guests.suspend, server_id=server_id))

    async def inject_nmi(self, server_id: ServerId) -> None:
        work = partial(guests.inject_nmi, server_id=server_id)
        await self._change(f"send guest {server_id} an interrupt", server_id, work)

    async def set_password(self, server_id: ServerId, user: str, password: str) -> None:
        work = partial(guests.set_password, server_id=server_id, user=user, password=password)
        await self._change(f"set a password in guest {server_id}", server_id, work)

    async def diagnostics(self, server_id: ServerId) -> GuestDiagnostics:
        return await self._host.run(f"tell what guest {server_id} uses", partial(guests.use_of, server_id=server_id))

    async def destroy(self, server_id: ServerId) -> None:
        def work(connection: Connection) -> None:
            domain = guests.found(connection, server_id)
            if domain is not None:
                guests.take_power(domain)
                domain.undefineFlags(binding.UNDEFINE_ALL)

        # Gone meanwhile is gone.
        with suppress(Missing):
            await self._change(f"destroy guest {server_id}", server_id, work)

    async def power(self, server_id: ServerId) -> GuestPower:
        def work(connection: Connection) -> GuestPower:
            domain = guests.found(connection, server_id)
            return "absent" if domain is None else guests.power(domain)

        try:
            return await self._host.run(f"tell the state of guest {server_id}", work)
        except Missing:
            return "absent"

    async def powers(self) -> Mapping[ServerId, GuestPower]:
        def work(connection: Connection) -> Mapping[ServerId, GuestPower]:
            told = ((xml.server_of(one.name()), own) for one, own in connection.getAllDomainStats(binding.STATS_STATE))
            return {guest: guests.shown(own["state.state"], own.get("state.reason", 0)) for guest, own in told if guest}

        return await self._host.run("list the states of guests", work)

    async def hung_guests(self) -> Collection[ServerId]:
        return await hung.hung_guests(self._host, self._settings.call_seconds)

    async def start(self, server_id: ServerId) -> None:
        await self._change(f"start guest {server_id}", server_id, partial(guests.start, server_id=server_id))

    async def shutdown(self, server_id: ServerId, grace_seconds: float) -> None:
        aim = f"shut guest {server_id} down"

        def ask(connection: Connection) -> bool:
            domain = guests.guest(connection, server_id)
            if guests.power(domain) != "running":
                guests.take_power(domain)
                return True
            domain.shutdown()
            return False

        def is_off(connection: Connection) -> bool:
            return not guests.guest(connection, server_id).isActive()

        # Refused by state: it has stopped since we looked, or is about to.
        with suppress(InvalidState):
            if await self._change(aim, server_id, ask):
                return
        if not await self._until(aim, is_off, grace_seconds):
            await self._change(aim, server_id, lambda there: guests.take_power(guests.guest(there, server_id)))

    async def ask_to_power_off(self, server_id: ServerId) -> None:
        work = partial(guests.ask_to_power_off, server_id=server_id)
        with suppress(InvalidState):  # it has stopped since we looked
            await self._change(f"ask guest {server_id} to power off", server_id, work)

    async def reboot(self, server_id: ServerId) -> None:
        await self._change(f"reboot guest {server_id}", server_id, partial(guests.reboot, server_id=server_id))

    async def guests(self) -> Collection[ServerId]:
        def work(connection: Connection) -> Collection[ServerId]:
            servers = (xml.server_of(domain.name()) for domain in connection.listAllDomains())
            return frozenset(server for server in servers if server is not None)

        return await self._host.run("list guests", work)
