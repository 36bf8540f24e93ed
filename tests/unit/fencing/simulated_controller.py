"""A simulated controller (BMC) that speaks as much Redfish as a fence asks for, over HTTP on this machine."""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SYSTEM = "/redfish/v1/Systems/1"
RESET = f"{SYSTEM}/Actions/ComputerSystem.Reset"


class SimulatedController:
    """``lags``: so many looks at it say that the system is on after it was forced off."""

    def __init__(self) -> None:
        self.user, self.password = "fence", "hunter2 and more"
        self.power = "On"
        self.lags = 0
        self.allowed: list[str] | None = ["On", "ForceOff", "GracefulShutdown"]
        self.target = RESET
        self.answers: int | None = None
        self.resets: list[dict[str, Any]] = []
        self.url = ""

    def system(self) -> dict[str, Any]:
        """The resource ComputerSystem, as DSP2046 has it."""
        shown = "On" if self.power == "Off" and self.lags > 0 else self.power
        self.lags -= self.power == "Off"
        reset: dict[str, Any] = {"target": self.target}
        if self.allowed is not None:
            reset["ResetType@Redfish.AllowableValues"] = self.allowed
        return {
            "@odata.id": SYSTEM,
            "@odata.type": "#ComputerSystem.v1_20_0.ComputerSystem",
            "Id": "1",
            "PowerState": shown,
            "Actions": {"#ComputerSystem.Reset": reset},
        }

    @contextmanager
    def running(self) -> Iterator["SimulatedController"]:
        """Answers on a port of its own, which ``url`` has."""
        controller = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer(*controller.answer("GET", self.path, self.headers.get("Authorization"), b""))

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                self._answer(*controller.answer("POST", self.path, self.headers.get("Authorization"), body))

            def _answer(self, status: int, body: Any) -> None:
                content = b"" if body is None else json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: object) -> None: ...

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{server.server_address[1]}{SYSTEM}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            thread.join()
            server.server_close()

    def answer(self, method: str, path: str, authorization: str | None, body: bytes) -> tuple[int, Any]:
        """Status and body of the answer to one request; a refusal repeats what it was asked with, as some do."""
        expected = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        if authorization != f"Basic {expected}":
            return 401, {"error": {"message": f"not {authorization}"}}
        if self.answers is not None:
            return self.answers, {"error": {"message": f"no, {self.password}"}}
        if (method, path) == ("GET", SYSTEM):
            return 200, self.system()
        if (method, path) == ("POST", RESET):
            self.resets.append(json.loads(body))
            self.power = "Off"
            return 204, None
        return 404, {"error": {"message": "there is no such thing"}}
