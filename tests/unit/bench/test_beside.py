"""What the run beside the real cloud does by itself: copied rows, counted statements, rounds that go on."""

import hashlib
import ipaddress
import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest

from bench import beside, page
from bench.api import Failed
from bench.endpoint import Endpoint
from bench.full import ports as full
from bench.openstack.processes import free_port
from bench.openstack.rows import Rows, check_copies, copying, rows_of
from bench.openstack.statements import EVERYTHING, WORK, Counted, difference, each
from bench.results import Recorder, Results, with_growth
from bench.wrk import Run

PORT = "dcd1866f-f4f1-4fd8-a407-b5b638734769"
COPIES = 300
TABLES = {
    "standardattributes": ("id", "resource_type", "revision_number"),
    "ports": ("project_id", "id", "network_id", "mac_address", "status", "standard_attr_id"),
    "ipallocations": ("port_id", "ip_address", "subnet_id"),
    "ipamallocations": ("ip_address", "status", "ipam_subnet_id"),
    "ipamsubnets": ("id", "neutron_subnet_id"),
    "securitygroupportbindings": ("port_id", "security_group_id"),
}
REFERRING = {"ipallocations": "port_id", "securitygroupportbindings": "port_id"}
OTHER = "0" * 8 + PORT[8:]


@pytest.fixture
def neutron() -> Iterator[sqlite3.Connection]:
    """Tables like Neutron's with two ports in them, in a database that has MariaDB's functions."""
    connection = sqlite3.connect(":memory:")
    connection.create_function("md5", 1, lambda text: hashlib.md5(text.encode(), usedforsecurity=False).hexdigest())
    connection.create_function("concat", -1, lambda *parts: "".join(map(str, parts)))
    connection.create_function("hex", 1, lambda number: f"{number:X}")
    connection.create_function("inet_aton", 1, lambda text: int(ipaddress.IPv4Address(text)))
    connection.create_function("inet_ntoa", 1, lambda number: str(ipaddress.IPv4Address(number)))
    for table, columns in TABLES.items():
        connection.execute(f"create table {table} ({', '.join(columns)}, unique ({', '.join(columns[:2])}))")
    numbers = f"seq_1_to_{COPIES}"
    connection.execute(f"create table {numbers} (seq)")
    some = [(each + 1,) for each in range(COPIES)]
    connection.executemany(f"insert into {numbers} values (?)", some)  # noqa: S608 - a name of this file
    connection.execute("insert into ipamsubnets values ('ipam', 'subnet')")
    for attributes, port in ((13, OTHER), (14, PORT)):
        connection.execute("insert into standardattributes values (?, 'ports', 1)", (attributes,))
        connection.execute("insert into ports values ('p', ?, 'n', 'fa:16:3e:00:00:01', 'DOWN', ?)", (port, attributes))
        connection.execute("insert into ipallocations values (?, ?, 'subnet')", (port, f"10.0.0.{attributes}"))
        connection.execute("insert into ipamallocations values (?, 'ALLOCATED', 'ipam')", (f"10.0.0.{attributes}",))
        connection.execute("insert into securitygroupportbindings values (?, 'group')", (port,))
    yield connection
    connection.close()


def copied(connection: sqlite3.Connection) -> list[Rows]:
    rows = rows_of(PORT, 14, TABLES, REFERRING)
    for each_table in rows:
        connection.execute(copying(each_table, COPIES))
    return rows


def test_a_copied_port_has_a_row_wherever_the_port_has_one(neutron: sqlite3.Connection) -> None:
    for rows in copied(neutron):
        count = neutron.execute(f"select count(*) from {rows.table}").fetchone()  # noqa: S608 - names of this file
        assert count == (2 + COPIES,), rows.table
    joined = """
        select count(distinct ports.id), count(distinct mac_address), count(distinct ip_address),
            count(distinct standard_attr_id)
        from ports join standardattributes on standardattributes.id = standard_attr_id
        join ipallocations on ipallocations.port_id = ports.id
        join ipamallocations using (ip_address)
        join securitygroupportbindings on securitygroupportbindings.port_id = ports.id
        where ports.id <> ? and resource_type = 'ports' and network_id = 'n' and security_group_id = 'group'
    """
    distinct = (1 + COPIES,) * 4
    assert neutron.execute(joined, (OTHER,)).fetchone() == distinct


def test_a_copied_port_has_an_id_and_an_address_as_neutron_writes_them(neutron: sqlite3.Connection) -> None:
    copied(neutron)
    rows = neutron.execute(
        "select ports.id, mac_address, ip_address from ports join ipallocations on port_id = ports.id"
    )
    for port, mac, address in rows.fetchall():
        assert [len(part) for part in port.split("-")] == [8, 4, 4, 4, 12]
        assert len(bytes.fromhex(mac.replace(":", ""))) == 6
        assert ipaddress.ip_address(address) in ipaddress.ip_network("10.0.0.0/12")


def test_what_is_no_id_never_comes_into_a_statement() -> None:
    with pytest.raises(ValueError, match="badly formed"):
        rows_of("' or 1=1", 14, TABLES, REFERRING)


def listed(count: int) -> list[dict[str, Any]]:
    return [
        {
            "id": f"port-{number}",
            "mac_address": f"fa:16:3e:00:00:{number:02x}",
            "fixed_ips": [{"subnet_id": "subnet", "ip_address": f"10.0.0.{number + 2}"}],
            "status": "DOWN",
            "security_groups": ["group"],
        }
        for number in range(count)
    ]


def test_copies_are_refused_unless_all_are_there_and_whole() -> None:
    whole = listed(5)
    check_copies(whole[0], whole, 5)
    with pytest.raises(Failed, match="4 ports are listed, not 5"):
        check_copies(whole[0], whole[1:], 5)
    with pytest.raises(Failed, match="the same mac_address"):
        check_copies(whole[0], [*whole[1:], whole[1] | {"id": "another"}], 5)
    with pytest.raises(Failed, match="5 ports have 4 addresses"):
        check_copies(whole[0], [*whole[:4], whole[4] | {"fixed_ips": []}], 5)
    with pytest.raises(Failed, match="security_groups"):
        check_copies(whole[0], [*whole[:4], whole[4] | {"security_groups": []}], 5)


def test_statements_sent_at_rest_are_not_counted_for_the_work() -> None:
    before = {"Com_select": 100, "Com_insert": 10, "Questions": 200}
    middle = {"Com_select": 105, "Com_insert": 10, "Questions": 212}
    after = {"Com_select": 209, "Com_insert": 30, "Questions": 342}
    rest, busy = difference(before, middle, 5.0), difference(middle, after, 4.0)
    assert each(rest, busy, 10, WORK) == pytest.approx((104 - 4 + 20) / 10)
    assert each(rest, busy, 10, EVERYTHING) == pytest.approx((128 - 10 / 5 * 4) / 10)
    assert each(Counted({}, 5.0), Counted({}, 1.0), 10, WORK) == 0


def test_a_round_goes_on_when_the_real_cloud_fails_and_says_so() -> None:
    recorder = Recorder()
    nowhere = f"http://127.0.0.1:{free_port()}"
    turns = [
        beside.Turn(Endpoint(name=name, network=nowhere, compute=nowhere), recorder, 1)
        for name in ("berthline", "openstack")
    ]

    def boot_many(turn: beside.Turn) -> None:
        if turn.endpoint.name == "openstack":
            raise Failed("POST /servers: 500")
        turn.recorder.add("boot", "20", "all ACTIVE s", 1)

    def bulk(turn: beside.Turn) -> None:
        turn.recorder.add("bulk", "1 client", "p50 ms", 2)

    beside.run_round("round 1 of 1", turns, (boot_many, bulk))
    found = {(series.work, series.quantity, series.endpoint): series.values for series in recorder.results().series}
    assert found == {
        ("boot", "all ACTIVE s", "berthline"): (1,),
        ("boot many", "errors", "openstack"): (1,),
        ("bulk", "p50 ms", "berthline"): (2,),
        ("bulk", "p50 ms", "openstack"): (2,),
    }
    said = page.ratios(recorder.results())
    assert "openstack: boot many, work that did not end: 1" in said
    assert "POST /servers: 500" in said


def test_answers_that_are_errors_are_in_no_rate() -> None:
    run = Run(100, 10.0, 0, 40, 2, "500", 1, 1, 1, 1, 1, "")
    assert (run.rate, run.errors) == (6.0, 42)


def test_rounds_without_errors_say_nothing_of_errors() -> None:
    recorder = Recorder()
    recorder.add("GET port", "1 client", "errors", 0)
    assert "errors" not in page.ratios(recorder.results())


def grown(kind: str, *by_round: tuple[float, float]) -> Results:
    recorder = Recorder()
    for none, million in by_round:
        recorder.add(f"POST port beside others, {kind}", "0 ports present, 1", "p50 ms", none)
        recorder.add(f"POST port beside others, {kind}", "1,000,000 ports present, 1", "p50 ms", million)
    return recorder.results()


@pytest.mark.parametrize("kind", ["unbound", "bound"])
def test_growth_is_worked_out_within_each_round(kind: str) -> None:
    series = with_growth(grown(kind, (1, 1.1), (10, 11), (2, 2.2))).find(
        f"growth of POST port, {kind}", "1,000,000 ports present", "times p50"
    )
    assert series is not None
    assert series.values == pytest.approx((1.1, 1.1, 1.1))


def test_each_round_begins_with_another_count() -> None:
    counts = (0, 10, 1000)
    assert [full.in_turn(counts, number) for number in (1, 2, 3, 4)] == [
        (0, 10, 1000),
        (10, 1000, 0),
        (1000, 0, 10),
        (0, 10, 1000),
    ]
