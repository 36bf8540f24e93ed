"""A large image over HTTP, in and out: how fast beside the disk alone, and what memory the server takes meanwhile."""

import contextlib
import http.client
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from bench import machine
from bench.api import Failed
from bench.endpoint import Endpoint, api_of
from bench.results import Recorder

MIB = 1024 * 1024
PIECES = 8
"""Different pieces of a MiB that take turns."""
LOOK_SECONDS = 0.02


def measure_images(endpoint: Endpoint, scratch: Path, recorder: Recorder, mib: int) -> None:
    """Write and read a file of so many MiB in ``scratch``, then upload and download an image of them.

    ``scratch`` is on the disk that the server's files are on. What was written is read at once, by both.
    """
    pieces = [os.urandom(MIB) for _ in range(PIECES)]
    work = f"image of {mib:,} MiB"
    with tempfile.NamedTemporaryFile(dir=scratch) as file:
        begun = time.perf_counter()
        for number in range(mib):
            file.write(pieces[number % PIECES])
        file.flush()
        os.fsync(file.fileno())
        recorder.add(work, "written by the disk alone", "MB/s", _rate(mib, begun))
        file.seek(0)
        begun = time.perf_counter()
        while file.read(MIB):
            pass
        recorder.add(work, "read by the disk alone", "MB/s", _rate(mib, begun))
    with api_of(endpoint, endpoint.image) as api:
        plain = {"name": "bench", "disk_format": "raw", "container_format": "bare"}
        path = f"/v2/images/{api.call('POST', '/v2/images', plain)['id']}"
        with _watched(endpoint, recorder, work, "upload"):
            begun = time.perf_counter()
            _upload(endpoint, f"{path}/file", pieces, mib)
            recorder.add(work, "upload", "MB/s", _rate(mib, begun))
        with _watched(endpoint, recorder, work, "download"):
            begun = time.perf_counter()
            _download(endpoint, f"{path}/file", mib)
            recorder.add(work, "download", "MB/s", _rate(mib, begun))
        api.call("DELETE", path)


def _rate(mib: int, begun: float) -> float:
    return mib * MIB / 1e6 / (time.perf_counter() - begun)


@contextlib.contextmanager
def _watched(endpoint: Endpoint, recorder: Recorder, work: str, where: str) -> Iterator[None]:
    """Record how much more memory the server has, at most, than it had before."""
    before = most = machine.pss_mib(endpoint.process)
    ended = threading.Event()

    def watch() -> None:
        nonlocal most
        while not ended.wait(LOOK_SECONDS):
            most = max(most, machine.pss_mib(endpoint.process))

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        yield
    finally:
        ended.set()
        watching.join()
    recorder.add(work, where, "PSS MiB more, at most", most - before)


def _connection(endpoint: Endpoint) -> tuple[http.client.HTTPConnection, str]:
    parts = urlsplit(endpoint.image)
    return http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=600), parts.path


def _upload(endpoint: Endpoint, path: str, pieces: list[bytes], mib: int) -> None:
    """PUT so many MiB. Raises Failed for another answer than 204."""
    connection, prefix = _connection(endpoint)
    with contextlib.closing(connection):
        connection.putrequest("PUT", prefix + path)
        connection.putheader("X-Auth-Token", endpoint.token)
        connection.putheader("Content-Type", "application/octet-stream")
        connection.putheader("Content-Length", str(mib * MIB))
        connection.endheaders()
        for number in range(mib):
            connection.send(pieces[number % PIECES])
        answer = connection.getresponse()
        if answer.status != 204:
            raise Failed(f"PUT {path}: {answer.status} {answer.read()[:300]!r}")


def _download(endpoint: Endpoint, path: str, mib: int) -> None:
    """GET all of it. Raises Failed when another number of bytes comes."""
    connection, prefix = _connection(endpoint)
    with contextlib.closing(connection):
        connection.request("GET", prefix + path, headers={"X-Auth-Token": endpoint.token})
        answer = connection.getresponse()
        got, room = 0, bytearray(MIB)
        while count := answer.readinto(room):
            got += count
        if answer.status != 200 or got != mib * MIB:
            raise Failed(f"GET {path}: {answer.status}, {got} bytes of {mib * MIB}")
