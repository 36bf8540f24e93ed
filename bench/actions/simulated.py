"""Each action on simulated hosts, one after the other: what Berthline itself takes for it."""

import statistics
from collections import defaultdict
from typing import Final

from bench.actions.course import course, larger_flavor, taken, wait_until
from bench.boots import prepare, server_of
from bench.endpoint import Endpoint, api_of
from bench.results import Recorder

WORK: Final = "action, simulated"
LOOK_SECONDS: Final = 0.001
MEMORY_MB: Final = 64


def measure_simulated(endpoint: Endpoint, recorder: Recorder, times: int) -> None:
    """One round: so many servers go the whole course."""
    body = prepare(endpoint)
    server, larger = server_of(body), larger_flavor(endpoint, MEMORY_MB)
    seconds: dict[str, list[float]] = defaultdict(list)
    for _ in range(times):
        with api_of(endpoint, endpoint.compute) as compute:
            server_id = compute.call("POST", "/servers", {"server": server})["server"]["id"]
        wait_until(endpoint, server_id, "ACTIVE", LOOK_SECONDS)
        for action in course(str(server["imageRef"]), larger):
            seconds[action.name].append(taken(endpoint, server_id, action, LOOK_SECONDS))
        with api_of(endpoint, endpoint.compute) as compute:
            compute.call("DELETE", f"/servers/{server_id}")
    middle = {name: 1000 * statistics.median(each) for name, each in seconds.items()}
    for name, value in middle.items():
        recorder.add(WORK, name, "p50 ms", value)
    recorder.add(WORK, "the slowest action", "p50 ms", max(middle.values()))
