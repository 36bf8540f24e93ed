"""Servers over HTTP, on simulated hosts: from POST to ACTIVE one by one, by many clients, by one request, and away."""

import statistics
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import msgspec

from bench import wrk
from bench.api import Api, Failed
from bench.endpoint import Endpoint, api_of, make_network
from bench.ports import delete_paths, note_errors
from bench.results import Recorder, Step

WORK = "boot, simulated"
POLL_MS = {1: 1, 8: 10, 50: 100}
"""How often a client looks whether its server is ACTIVE, by the number of clients."""
SLOW_POLL_MS = {1: 50, 8: 200, 50: 1000}
"""The same for a slow cloud."""
MANY = 1000
WATERFALLS = 21
"""How many of the newest boots are looked at for the one in the middle."""
FEW = 100
"""Up to so many are deleted by clients that wait for every answer."""
FEW_CLIENTS = 8
PAGE = 500
LOOK_SECONDS = 0.05
SLOW_LOOK_SECONDS = 0.25
LIMIT_SECONDS = 300.0


def prepare(endpoint: Endpoint) -> dict[str, object]:
    """A network, an image and the smallest flavor; the body of POST /servers that uses them."""
    network = make_network(endpoint, f"servers-{time.time_ns()}", "10.0.0.0/12")
    ids = endpoint.ids or _made(endpoint)
    server = {"name": "bench", "imageRef": ids["image"], "flavorRef": ids["flavor"], "networks": [{"uuid": network}]}
    return {"server": server}


def _made(endpoint: Endpoint) -> dict[str, str]:
    """An image and a flavor of its own, where the cloud comes without."""
    with api_of(endpoint, endpoint.image) as image:
        plain = {"name": "bench", "disk_format": "raw", "container_format": "bare"}
        image_id = image.call("POST", "/v2/images", plain)["id"]
        data = b"\0" * 65536
        image.call("PUT", f"/v2/images/{image_id}/file", data, **{"Content-Type": "application/octet-stream"})
    with api_of(endpoint, endpoint.compute) as compute:
        flavor = {"name": "bench", "id": "bench", "ram": 64, "vcpus": 1, "disk": 1}
        compute.call("POST", "/flavors", {"flavor": flavor})
    return {"image": image_id, "flavor": "bench"}


def boot_one_by_one(
    endpoint: Endpoint, recorder: Recorder, seconds: float, body: dict[str, object], clients: int
) -> None:
    """So many clients, each of which boots a server, waits until it is ACTIVE, and boots the next.

    Of a tolerant cloud, which may have none ready by the end, the servers that were cut off and became ACTIVE are
    counted too, over the time until the last of them was.
    """
    where = "one by one" if clients == 1 else f"{clients} clients"
    path = f"{urlsplit(endpoint.compute).path}/servers"
    poll = (SLOW_POLL_MS if endpoint.slow else POLL_MS)[clients]
    parameters = {"method": "POST", "token": endpoint.token, "path": path, "poll": str(poll)}
    name = f"bench-{time.time_ns()}"
    parameters["body"] = msgspec.json.encode({"server": server_of(body) | {"name": name}}).decode()
    begun = time.perf_counter()
    run = wrk.run(
        endpoint.compute,
        clients=clients,
        threads=clients,
        seconds=seconds,
        script="boots",
        parameters=parameters,
        tolerant=endpoint.tolerant,
    )
    note_errors(endpoint, recorder, WORK, where, run.errors)
    with api_of(endpoint, endpoint.compute) as compute:
        until_none(compute, name, "BUILD", endpoint)  # those that were cut off
        until_last = time.perf_counter() - begun
        if endpoint.tolerant:
            recorder.add(WORK, where, "boots/min", number_of(compute, name, "ACTIVE") * 60 / until_last)
    taken = sorted(run.numbers)
    if endpoint.tolerant and not taken:
        return  # their number is told, their latency is not known
    if not taken:
        raise Failed(f"no server became ACTIVE within {seconds:g} s")
    recorder.add(WORK, where, "p50 ms", statistics.median(taken))
    recorder.add(WORK, where, "p99 ms", taken[int(len(taken) * 0.99)])
    if not endpoint.tolerant:
        recorder.add(WORK, where, "boots/min", len(taken) * 60 / run.seconds)


def boot_many(endpoint: Endpoint, recorder: Recorder, body: dict[str, object], count: int = MANY) -> None:
    """So many servers by one request, until all are ACTIVE; then each is deleted, until none is left."""
    where = f"{count:,} by one request"
    name = f"many-{time.time_ns()}"
    server = server_of(body) | {"name": name, "min_count": count, "max_count": count}
    with api_of(endpoint, endpoint.compute) as compute:
        begun = time.perf_counter()
        compute.call("POST", "/servers", {"server": server})
        recorder.add(WORK, where, "answer s", time.perf_counter() - begun)
        until_none(compute, name, "BUILD", endpoint)
        taken = time.perf_counter() - begun
        made = len(_listed(compute, name, "ACTIVE", count))
        note_errors(endpoint, recorder, WORK, where, count - made)
        if made == count:
            recorder.add(WORK, where, "all ACTIVE s", taken)
        elif not endpoint.tolerant:
            raise Failed(f"{made} of {count} servers are ACTIVE")
        there = [each["id"] for each in _listed(compute, name, "", count)]
        begun = time.perf_counter()
        _delete(endpoint, compute, name, there)
        until_none(compute, name, "", endpoint)
        recorder.add(WORK, f"delete of {count:,}", "all gone s", time.perf_counter() - begun)


def _delete(endpoint: Endpoint, compute: Api, name: str, servers: Sequence[str]) -> None:
    """Ask for all of them to go: many by the load generator, whose last requests are cut off and sent again."""
    if len(servers) <= FEW:
        with ThreadPoolExecutor(FEW_CLIENTS) as clients:
            list(clients.map(lambda number: _delete_each(endpoint, servers[number::FEW_CLIENTS]), range(FEW_CLIENTS)))
        return
    path = urlsplit(endpoint.compute).path
    delete_paths(endpoint, [f"{path}/servers/{each}" for each in servers], 32)
    for left in _listed(compute, name, "", len(servers)):
        compute.exchange("DELETE", f"/servers/{left['id']}")


def _delete_each(endpoint: Endpoint, servers: Sequence[str]) -> None:
    with api_of(endpoint, endpoint.compute) as api:
        for server in servers:
            api.call("DELETE", f"/servers/{server}")


def keep_waterfall(endpoint: Endpoint, recorder: Recorder) -> None:
    """The steps of the boot in the middle of the newest ones, from Berthline's own route for them."""
    root = endpoint.network.removesuffix(urlsplit(endpoint.network).path)
    with api_of(endpoint, endpoint.compute) as compute, api_of(endpoint, f"{root}/berthline/v1") as own:
        newest = compute.call("GET", f"/servers?limit={WATERFALLS}&status=ACTIVE")["servers"]
        falls = [own.call("GET", f"/servers/{each['id']}/waterfall")["waterfall"] for each in newest]
    middle = sorted(falls, key=lambda fall: float(fall["total_ms"]))[len(falls) // 2]
    steps = middle["steps"]
    recorder.waterfall = tuple(Step(**{name: step[name] for name in Step.__struct_fields__}) for step in steps)


def server_of(body: dict[str, object]) -> dict[str, object]:
    """What a body of POST /servers asks for."""
    return msgspec.convert(body["server"], dict[str, object])


def until_none(compute: Api, name: str, status: str, endpoint: Endpoint) -> None:
    """Wait until no server of this name has this status."""
    deadline = time.monotonic() + LIMIT_SECONDS
    while _listed(compute, name, status, 1):
        if time.monotonic() > deadline:
            raise Failed(f"servers stay {status or 'there'} for {LIMIT_SECONDS:g} s")
        time.sleep(SLOW_LOOK_SECONDS if endpoint.slow else LOOK_SECONDS)


def number_of(compute: Api, name: str, status: str) -> int:
    """How many servers of this name have this status, however many pages they fill."""
    counted, marker = 0, ""
    while page := _listed(compute, name, status, PAGE, marker):
        counted += len(page)
        marker = page[-1]["id"]
    return counted


def _listed(compute: Api, name: str, status: str, limit: int, marker: str = "") -> list[dict[str, str]]:
    wanted = (f"&status={status}" if status else "") + (f"&marker={marker}" if marker else "")
    found: list[dict[str, str]] = compute.call("GET", f"/servers?name={name}&limit={limit}{wanted}")["servers"]
    return found
