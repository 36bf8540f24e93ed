"""Requests to whichever API process answers, and what is known of each afterwards."""

import random
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

import httpx

from berthline.bootstrap.clouds_file import CloudEntry

SECONDS: Final = 15.0
PAUSE: Final = 0.05
CERTAIN: Final = 500
"""A status below it says what was done; one of it or above, as a broken connection, does not."""


class Unanswered(Exception):
    """Nobody knows whether it was done."""


class NobodyThere(Exception):
    """No process took the request within the time: nothing was done."""


class Session:
    """One user's requests, each to an API process drawn by ``chance``, which is looked for ``patience`` seconds."""

    def __init__(self, urls: Sequence[str], entry: CloudEntry, chance: random.Random, patience: float = 60.0) -> None:
        self._urls = urls
        self._entry = entry
        self._chance = chance
        self._patience = patience
        self._http = httpx.Client(timeout=SECONDS, trust_env=False)
        self._token = ""
        self.project = ""

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def ask(
        self, method: str, path: str, body: object = None, *, key: str = "", content: bytes | None = None
    ) -> httpx.Response:
        """One answer below 500. A request that changes something is sent once, and raises Unanswered when its answer is
        lost; with ``key``, as a GET, it is repeated until there is one. Raises NobodyThere.
        """
        repeats = method == "GET" or bool(key)
        deadline = time.monotonic() + self._patience
        sent = False
        while time.monotonic() < deadline:
            if not self._token:
                self._log_in(deadline)
            headers = {"X-Auth-Token": self._token, "OpenStack-API-Version": "compute 2.79"}
            headers |= {"X-OpenStack-Nova-API-Version": "2.79"} | ({"Idempotency-Key": key} if key else {})
            if content is not None:
                headers["Content-Type"] = "application/octet-stream"
            try:
                reply = self._http.request(
                    method, self._chance.choice(self._urls) + path, json=body, content=content, headers=headers
                )
            except httpx.ConnectError:
                time.sleep(PAUSE)
                continue
            except httpx.TransportError:
                sent = True
                if not repeats:
                    raise Unanswered from None
                continue
            if reply.status_code == httpx.codes.UNAUTHORIZED:
                self._token = ""
            elif reply.status_code < CERTAIN:
                return reply
            else:
                sent = True
                if not repeats:
                    raise Unanswered
                time.sleep(PAUSE)
        if sent and method != "GET":
            raise Unanswered
        raise NobodyThere

    def get(self, path: str) -> Any:
        """The body of a GET that must succeed."""
        reply = self.ask("GET", path)
        assert reply.is_success, f"GET {path}: {reply.status_code} {reply.text[:300]}"
        return reply.json()

    def made(self, path: str, key: str, body: Mapping[str, object]) -> Any:
        """What a POST that must succeed made."""
        reply = self.ask("POST", path, {key: body} if key else body)
        assert reply.is_success, f"POST {path}: {reply.status_code} {reply.text[:300]}"
        return reply.json()[key] if key else reply.json()

    def _log_in(self, deadline: float) -> None:
        auth = self._entry.auth
        user = {"name": auth.username, "domain": {"id": "default"}, "password": auth.password}
        scope = {"project": {"name": auth.project_name, "domain": {"id": "default"}}}
        body = {"auth": {"identity": {"methods": ["password"], "password": {"user": user}}, "scope": scope}}
        while time.monotonic() < deadline:
            try:
                url = self._chance.choice(self._urls)
                reply = self._http.post(f"{url}/identity/v3/auth/tokens", json=body)
            except httpx.TransportError:
                time.sleep(PAUSE)
                continue
            if reply.status_code < CERTAIN:
                assert reply.status_code == httpx.codes.CREATED, reply.text
                self._token = reply.headers["X-Subject-Token"]
                self.project = reply.json()["token"]["project"]["id"]
                return
            time.sleep(PAUSE)
        raise NobodyThere
