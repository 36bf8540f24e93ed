"""Which of two processes has a guest's serial console: one at a time, and one replaces it."""

from functools import partial

from berthline.domain.ids import new_id
from berthline.store.compute.servers import serial_holds
from berthline.store.compute.servers.serial_holds import SerialHold, claim
from tests.unit.store.races.beside import Beside
from tests.unit.store.races.test_servers import booted


def test_of_two_processes_one_holds_a_console_and_one_replaces_it(beside: Beside) -> None:
    server, before = booted(beside).id, None
    for _ in range(2):
        wanted = [SerialHold(new_id(), f"http://{name}:1", "m") for name in ("one", "two")]
        claims = [partial(claim, server_id=server, wanted=each, instead_of=before) for each in wanted]
        found = set(beside.race(*claims))
        assert len(found) == 1, "both know who holds it"
        assert found <= set(wanted)
        before = wanted[wanted[1] in found].id
    beside.one.write_now(partial(serial_holds.release, server_id=server, hold_id="another"))
    mine = SerialHold(new_id(), "", "m")
    kept = beside.one.write_now(partial(claim, server_id=server, wanted=mine, instead_of=None))
    assert kept is not None
    assert kept.id == before, "who does not hold it releases nothing"
    beside.one.write_now(partial(serial_holds.release, server_id=server, hold_id=before))
    assert beside.one.write_now(partial(claim, server_id=server, wanted=mine, instead_of=None)) == mine
    assert beside.one.write_now(partial(claim, server_id=server, wanted=mine, instead_of=before)) == mine
