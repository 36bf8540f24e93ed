"""How many SQL statements the real Neutron sends for a port, by MariaDB's own counters."""

import time
from collections.abc import Mapping
from typing import NamedTuple

from bench.endpoint import Endpoint, api_of
from bench.openstack.stack import Stack

WORK = ("Com_select", "Com_insert", "Com_insert_select", "Com_update", "Com_delete", "Com_replace")
"""Statements that read or write; BEGIN, COMMIT, ROLLBACK and settings are not among them."""
EVERYTHING = ("Questions",)
REST_SECONDS = 5.0
COUNTED = 10
OWN_QUESTIONS = 2
"""What asking for the counters adds to them: the client's greeting and the question."""


class Counted(NamedTuple):
    """The counters over a time, in seconds."""

    counters: Mapping[str, int]
    seconds: float

    def of(self, names: tuple[str, ...]) -> int:
        """The sum of some of them."""
        return sum(self.counters.get(name, 0) for name in names)


def counters(stack: Stack) -> dict[str, int]:
    """MariaDB's counters as they are now. Raises StackFailed."""
    wanted = ", ".join(f"'{name}'" for name in (*WORK, *EVERYTHING))
    said = stack.rows(f"show global status where variable_name in ({wanted})")
    return {name: int(value) for name, value in said}


def difference(before: Mapping[str, int], after: Mapping[str, int], seconds: float) -> Counted:
    """What was counted in between, without what the asking itself adds."""
    passed = {name: after[name] - before[name] for name in before}
    return Counted(passed | {"Questions": passed.get("Questions", OWN_QUESTIONS) - OWN_QUESTIONS}, seconds)


def each(rest: Counted, busy: Counted, count: int, names: tuple[str, ...]) -> float:
    """Statements for each of so many pieces of work, without those that would have been sent at rest as well."""
    return (busy.of(names) - rest.of(names) * busy.seconds / rest.seconds) / count


def statements_a_port(endpoint: Endpoint, stack: Stack, network: str) -> tuple[float, float]:
    """Statements for one port made at rest: those that read or write, and all with transaction control."""
    with api_of(endpoint, endpoint.network) as api:
        body = {"port": {"network_id": network}}
        api.call("POST", "/v2.0/ports", body)
        before, begun = counters(stack), time.perf_counter()
        time.sleep(REST_SECONDS)
        between, middle = counters(stack), time.perf_counter()
        for _ in range(COUNTED):
            api.call("POST", "/v2.0/ports", body)
        after, ended = counters(stack), time.perf_counter()
    rest = difference(before, between, middle - begun)
    busy = difference(between, after, ended - middle)
    return each(rest, busy, COUNTED, WORK), each(rest, busy, COUNTED, EVERYTHING)
