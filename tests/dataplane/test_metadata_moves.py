"""Two machines with a switch each: the one that answers metadata changes, and guests find it at the same address."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import insert, update

from berthline.dataplane.ovn.local_switch import LocalSwitch
from berthline.domain.clock import SystemClock
from berthline.domain.ids import NetworkId, new_id
from berthline.localhost import Endpoints, LocalHost
from berthline.localhost.commands import run
from berthline.metadata.app import Application, Receive, Scope, Send
from berthline.metadata.home import Home
from berthline.metadata.namespaces import MetadataNamespaces
from berthline.metadata.service import MetadataService
from berthline.store import Store
from berthline.store.tables.control import worker_leases

from .second_machine import SecondMachine
from .switch_guest import ask
from .test_ovn import Setup, eventually, setup

__all__ = ["setup"]

pytestmark = [pytest.mark.dataplane, pytest.mark.slow]


@pytest.fixture
def machine(
    local_services: LocalHost, local_host: Endpoints, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SecondMachine]:
    """A second host; at the end none of its processes is left."""
    second = SecondMachine(local_services, local_host, tmp_path_factory.mktemp("m"))
    try:
        second.start()
        yield second
    finally:
        second.stop()


class Worker:
    """What a worker beside a switch has of metadata, since it was given the loop for the ``epoch``-th time."""

    def __init__(self, store: Store, host: Endpoints, epoch: int) -> None:
        places = MetadataNamespaces(LocalSwitch(host.ovs_db), host.network_namespace, host.ovs_db)
        self.home = Home(store, SystemClock(), places.chassis, lambda: epoch)
        self.service = MetadataService(store, places, self._answers(host.chassis))

    @staticmethod
    def _answers(chassis: str) -> Callable[[Store, NetworkId], Application]:
        async def answer(_scope: Scope, _receive: Receive, send: Send) -> None:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": chassis.encode()})

        def create(_store: Store, _network: NetworkId) -> Application:
            return answer

        return create


async def test_guests_are_answered_by_the_machine_whose_worker_took_over(
    setup: Setup, store: Store, machine: SecondMachine
) -> None:
    """The worker before is not ended, only stopped: its namespaces stay plugged in, its sockets open."""
    guest, _ = await setup.boot()
    run(("ip", "-n", guest.name, "route", "add", "169.254.169.254", "via", "10.77.0.2"))
    lease = {"name": "metadata", "owner": new_id(), "epoch": 1}
    store.write_now(lambda connection: connection.execute(insert(worker_leases), lease).close())
    hosts = (setup.host, machine.endpoints, setup.host)
    workers: list[Worker] = []
    try:
        for epoch, host in enumerate(hosts, 1):
            given = update(worker_leases).values(owner=new_id(), epoch=epoch)
            store.write_now(lambda connection, given=given: connection.execute(given).close())  # type: ignore[misc]
            workers.append(Worker(store, host, epoch))
            for worker in workers:
                await worker.home.take()
            await workers[-1].service.reconcile()
            await setup.projector.settle_all()
            await setup.until_up([setup.metadata_port])
            wanted = host.chassis
            await eventually(lambda wanted=wanted: ask(guest.name) == wanted, f"answers by {wanted}")  # type: ignore[misc]
    finally:
        for worker in reversed(workers):
            await worker.service.close(remove=True)
