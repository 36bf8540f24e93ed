"""A small client of OpenStack's APIs on the standard library: one connection kept open, JSON both ways."""

import http.client
import time
from typing import Any
from urllib.parse import urlsplit

import msgspec


class Failed(Exception):
    """An answer that the benchmark cannot go on with."""


class Api:
    """One API below one address, with a token."""

    def __init__(self, url: str, token: str = "") -> None:
        """``url`` without a slash at its end, such as http://127.0.0.1:8774/network."""
        parts = urlsplit(url)
        self.url = url
        self.token = token
        self._prefix = parts.path
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=600)

    def call(self, method: str, path: str, body: object = None, **headers: str) -> Any:
        """The answer's JSON, None when it has none. Raises Failed for any status of 400 and more."""
        status, text, _ = self.exchange(method, path, body, **headers)
        if status >= 400:
            raise Failed(f"{method} {self.url}{path}: {status} {text[:300]!r}")
        return msgspec.json.decode(text) if text[:1] in (b"{", b"[") else None

    def exchange(
        self, method: str, path: str, body: object = None, **headers: str
    ) -> tuple[int, bytes, dict[str, str]]:
        """Status, body and headers (names in lower case) of the answer."""
        sent = {"X-Auth-Token": self.token, "Content-Type": "application/json", **headers}
        if body is None:
            del sent["Content-Type"]
        payload = body if body is None or isinstance(body, bytes) else msgspec.json.encode(body)
        self._connection.request(method, self._prefix + path, payload, sent)
        answer = self._connection.getresponse()
        text = answer.read()
        return answer.status, text, {name.lower(): value for name, value in answer.getheaders()}

    def timed_get(self, path: str) -> tuple[float, float, int]:
        """Seconds to the first byte of the body and to its last, and how many bytes it has. Raises Failed."""
        begun = time.perf_counter()
        self._connection.request("GET", self._prefix + path, headers={"X-Auth-Token": self.token})
        answer = self._connection.getresponse()
        first = answer.read(1)
        to_first = time.perf_counter() - begun
        rest = answer.read()
        if answer.status >= 400:
            raise Failed(f"GET {self.url}{path}: {answer.status} {rest[:300]!r}")
        return to_first, time.perf_counter() - begun, len(first) + len(rest)

    def close(self) -> None:
        """End the connection."""
        self._connection.close()
