"""Servers over HTTP, on simulated hosts: from POST to ACTIVE one by one, by many clients, by one request, and away."""

import statistics
import time
from urllib.parse import urlsplit

import msgspec

from bench import wrk
from bench.api import Api, Failed
from bench.endpoint import Endpoint, api_of, make_network
from bench.ports import delete_paths
from bench.results import Recorder, Step

WORK = "boot, simulated"
POLL_MS = {1: 1, 50: 100}
"""How often a client looks whether its server is ACTIVE, by the number of clients."""
MANY = 1000
WATERFALLS = 21
"""How many of the newest boots are looked at for the one in the middle."""
LOOK_SECONDS = 0.05
LIMIT_SECONDS = 900.0


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
    """So many clients, each of which boots a server, waits until it is ACTIVE, and boots the next."""
    where = "one by one" if clients == 1 else f"{clients} clients"
    path = f"{urlsplit(endpoint.compute).path}/servers"
    parameters = {"method": "POST", "token": endpoint.token, "path": path, "poll": str(POLL_MS[clients])}
    parameters["body"] = msgspec.json.encode(body).decode()
    run = wrk.run(
        endpoint.compute, clients=clients, threads=clients, seconds=seconds, script="boots", parameters=parameters
    )
    with api_of(endpoint, endpoint.compute) as compute:
        _until_none(compute, "bench", "BUILD")  # those that were cut off
    taken = sorted(run.numbers)
    if not taken:
        raise Failed(f"no server became ACTIVE within {seconds:g} s")
    recorder.add(WORK, where, "p50 ms", statistics.median(taken))
    recorder.add(WORK, where, "p99 ms", taken[int(len(taken) * 0.99)])
    recorder.add(WORK, where, "boots/min", len(taken) * 60 / run.seconds)


def boot_many(endpoint: Endpoint, recorder: Recorder, body: dict[str, object], count: int = MANY) -> None:
    """So many servers by one request, until all are ACTIVE; then each is deleted, until none is left."""
    where = f"{count:,} by one request"
    name = f"many-{time.time_ns()}"
    server = msgspec.convert(body["server"], dict[str, object]) | {"name": name, "min_count": count, "max_count": count}
    with api_of(endpoint, endpoint.compute) as compute:
        begun = time.perf_counter()
        compute.call("POST", "/servers", {"server": server})
        recorder.add(WORK, where, "answer s", time.perf_counter() - begun)
        _until_none(compute, name, "BUILD")
        recorder.add(WORK, where, "all ACTIVE s", time.perf_counter() - begun)
        made = [each["id"] for each in _listed(compute, name, "ACTIVE", count)]
        if len(made) != count:
            raise Failed(f"{len(made)} of {count} servers are ACTIVE")
        path = urlsplit(endpoint.compute).path
        begun = time.perf_counter()
        delete_paths(endpoint, [f"{path}/servers/{each}" for each in made], 32)
        for left in _listed(compute, name, "", count):
            compute.exchange("DELETE", f"/servers/{left['id']}")  # the last of the clients' requests were cut off
        _until_none(compute, name, "")
        recorder.add(WORK, f"delete of {count:,}", "all gone s", time.perf_counter() - begun)


def keep_waterfall(endpoint: Endpoint, recorder: Recorder) -> None:
    """The steps of the boot in the middle of the newest ones, from Berthline's own route for them."""
    root = endpoint.network.removesuffix(urlsplit(endpoint.network).path)
    with api_of(endpoint, endpoint.compute) as compute, api_of(endpoint, f"{root}/berthline/v1") as own:
        newest = compute.call("GET", f"/servers?limit={WATERFALLS}&status=ACTIVE")["servers"]
        falls = [own.call("GET", f"/servers/{each['id']}/waterfall")["waterfall"] for each in newest]
    middle = sorted(falls, key=lambda fall: float(fall["total_ms"]))[len(falls) // 2]
    steps = middle["steps"]
    recorder.waterfall = tuple(Step(**{name: step[name] for name in Step.__struct_fields__}) for step in steps)


def _until_none(compute: Api, name: str, status: str) -> None:
    """Wait until no server of this name has this status."""
    deadline = time.monotonic() + LIMIT_SECONDS
    while _listed(compute, name, status, 1):
        if time.monotonic() > deadline:
            raise Failed(f"servers stay {status or 'there'} for {LIMIT_SECONDS:g} s")
        time.sleep(LOOK_SECONDS)


def _listed(compute: Api, name: str, status: str, limit: int) -> list[dict[str, str]]:
    wanted = f"&status={status}" if status else ""
    found: list[dict[str, str]] = compute.call("GET", f"/servers?name={name}&limit={limit}{wanted}")["servers"]
    return found
