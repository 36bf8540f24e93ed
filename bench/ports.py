"""Ports over HTTP: made one by one and in bulk, shown, listed, deleted."""

import tempfile
from collections.abc import Sequence
from urllib.parse import urlsplit

import msgspec

from bench import wrk
from bench.api import Api
from bench.endpoint import Endpoint, api_of, make_network
from bench.machine import cpu_seconds
from bench.results import ERRORS, Recorder

CLIENTS = (1, 8, 32)
BULK = 50
CHUNK = 50
"""Ports made by one request where they are only to be there."""
OWN = 3
"""Ports that a cloud may make on a network for itself, for DHCP or metadata."""


def create_ports(endpoint: Endpoint, recorder: Recorder, seconds: float, clients: Sequence[int] = CLIENTS) -> None:
    """POST port, unbound and bound to a host, at each number of clients; each on a network of its own."""
    for kind, binding in kinds_of(endpoint):
        for count in clients:
            network = make_network(endpoint, f"post-{kind}-{count}", "10.0.0.0/10")
            measure_create(endpoint, recorder, network, seconds, count, f"POST port, {kind}", binding=binding)


def kinds_of(endpoint: Endpoint) -> tuple[tuple[str, str], ...]:
    """The kinds of ports that are made, each with the host it is bound to."""
    return ("unbound", ""), ("bound", endpoint.host)


def measure_create(
    endpoint: Endpoint,
    recorder: Recorder,
    network: str,
    seconds: float,
    clients: int,
    work: str,
    *,
    where: str = "",
    binding: str = "",
) -> None:
    """POST port on one network by so many clients; ``where`` names the series, the number of clients unless given."""
    port: dict[str, object] = {"network_id": network}
    if binding:
        port["binding:host_id"] = binding
    parameters = {"method": "POST", "token": endpoint.token, "body": _text({"port": port})}
    _measure(endpoint, recorder, work, where or clients_of(clients), parameters, clients, seconds)


def create_bulk(endpoint: Endpoint, recorder: Recorder, seconds: float) -> None:
    """50 ports by one request, one client."""
    network = make_network(endpoint, "bulk", "10.0.0.0/10")
    body = _text({"ports": [{"network_id": network}] * BULK})
    parameters = {"method": "POST", "token": endpoint.token, "body": body}
    run = _measure(endpoint, recorder, f"POST {BULK} ports in bulk", "1 client", parameters, 1, seconds)
    recorder.add(f"POST {BULK} ports in bulk", "1 client", "ports/s", run.rate * BULK)


def show_ports(
    endpoint: Endpoint, recorder: Recorder, seconds: float, clients: Sequence[int] = CLIENTS, present: int = 1000
) -> None:
    """GET port by id, of so many ports in turn."""
    ids = _present(endpoint, "show", present)[1:]
    paths = [f"{urlsplit(endpoint.network).path}/v2.0/ports/{port}" for port in ids]
    with _lines(paths) as file:
        parameters = {"method": "GET", "token": endpoint.token, "file": file.name, "again": "yes"}
        for count in clients:
            _measure(endpoint, recorder, "GET port", clients_of(count), parameters, count, seconds, script="paths")


def delete_ports(
    endpoint: Endpoint, recorder: Recorder, count: int, clients: Sequence[int] = (1, 32), least: int = 50
) -> None:
    """DELETE so many ports one by one, by each number of clients; one client a fifth, but not less than ``least``."""
    network = make_network(endpoint, "delete", "10.0.0.0/12")
    for each in clients:
        of_this = count if each > 1 else max(least, count // 5)
        ids = add_ports(endpoint, network, of_this)
        paths = [f"{urlsplit(endpoint.network).path}/v2.0/ports/{port}" for port in ids]
        run = delete_paths(endpoint, paths, each)
        note_errors(endpoint, recorder, "DELETE port", clients_of(each), run.errors)
        answered, milliseconds = run.numbers
        recorder.add("DELETE port", clients_of(each), "requests/s", max(0, answered - run.wrong) * 1000 / milliseconds)
        recorder.add("DELETE port", clients_of(each), "p50 ms", run.p50_ms)
        recorder.add("DELETE port", clients_of(each), "p99 ms", run.p99_ms)


def delete_paths(endpoint: Endpoint, paths: Sequence[str], clients: int) -> wrk.Run:
    """DELETE each of the paths once."""
    with _lines(paths) as file:
        parameters = {"method": "DELETE", "token": endpoint.token, "file": file.name}
        return wrk.run(
            endpoint.network,
            clients=clients,
            seconds=600,
            script="paths",
            parameters=parameters,
            tolerant=endpoint.tolerant,
        )


def note_errors(endpoint: Endpoint, recorder: Recorder, work: str, where: str, errors: int) -> None:
    """Record how many answers were errors, where that is told and not raised."""
    if endpoint.tolerant:
        recorder.add(work, where, ERRORS, errors)


def list_ports(endpoint: Endpoint, recorder: Recorder, sizes: Sequence[int], times: int = 5) -> None:
    """GET every port of a network of so many; the middle of some times is one round."""
    for size in sizes:
        network = _present(endpoint, f"list-{size}", size)[0]
        with api_of(endpoint, endpoint.network) as api:
            path = f"/v2.0/ports?network_id={network}"
            listed = api.call("GET", path)["ports"]
            assert size <= len(listed) <= size + OWN, f"{len(listed)} ports listed of {size}"
            taken = sorted(api.timed_get(path) for _ in range(times))
        first, total, length = taken[len(taken) // 2]
        recorder.add("GET ports", f"{size:,} ports", "first byte ms", first * 1000)
        recorder.add("GET ports", f"{size:,} ports", "total ms", total * 1000)
        recorder.add("GET ports", f"{size:,} ports", "bytes", length)


def add_ports(endpoint: Endpoint, network: str, count: int) -> list[str]:
    """Make so many ports on a network; their ids."""
    ids: list[str] = []
    with api_of(endpoint, endpoint.network) as api:
        while len(ids) < count:
            some = min(CHUNK, count - len(ids))
            ids += _made(api, [{"network_id": network}] * some)
    return ids


def _made(api: Api, ports: list[dict[str, str]]) -> list[str]:
    return [port["id"] for port in api.call("POST", "/v2.0/ports", {"ports": ports})["ports"]]


def _present(endpoint: Endpoint, name: str, count: int) -> list[str]:
    """A network of this name and so many ports on it, made when it is first asked for: its id, then those of ports."""
    if name not in endpoint.kept:
        network = make_network(endpoint, name, "10.0.0.0/12")
        endpoint.kept[name] = [network, *add_ports(endpoint, network, count)]
    return endpoint.kept[name]


def _measure(
    endpoint: Endpoint,
    recorder: Recorder,
    work: str,
    where: str,
    parameters: dict[str, str],
    clients: int,
    seconds: float,
    script: str = "same",
) -> wrk.Run:
    """One run under load, recorded: rate, latency, and the server's CPU for each request where its process is known."""
    before = cpu_seconds(endpoint.process) if endpoint.process else 0.0
    url = f"{endpoint.network}/v2.0/ports"
    run = wrk.run(
        url, clients=clients, seconds=seconds, script=script, parameters=parameters, tolerant=endpoint.tolerant
    )
    note_errors(endpoint, recorder, work, where, run.errors)
    recorder.add(work, where, "requests/s", run.rate)
    if not run.right:
        return run
    recorder.add(work, where, "p50 ms", run.p50_ms)
    recorder.add(work, where, "p99 ms", run.p99_ms)
    if endpoint.process:
        used = cpu_seconds(endpoint.process) - before
        recorder.add(work, where, "server's CPU ms", used * 1000 / run.requests)
    return run


def clients_of(count: int) -> str:
    """How the page names so many clients."""
    return "1 client" if count == 1 else f"{count} clients"


def _text(body: object) -> str:
    return msgspec.json.encode(body).decode()


def _lines(paths: Sequence[str]) -> "tempfile._TemporaryFileWrapper[str]":
    file = tempfile.NamedTemporaryFile("w", suffix=".txt")  # noqa: SIM115 - the caller's `with` closes it
    file.write("\n".join(paths) + "\n")
    file.flush()
    return file
