"""A real S3 service for the tests: Debian's Swift, in a folder of its own."""

import contextlib
import http.client
import itertools
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from botocore.session import Session

PYTHON = "/usr/bin/python3"
LIBRARY = Path("/usr/lib/python3/dist-packages/swift/common/middleware/s3api")
DAEMONS = Path(__file__).with_name("swift_daemons.py")
ACCESS_KEY, SECRET_KEY, REGION = "test:tester", "testing", "us-east-1"


@dataclass
class Swift:
    """One that answers on ``port``."""

    port: int
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def client(self) -> Any:
        """A client of an operator, who sees everything."""
        return Session().create_client(
            "s3",
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
        )

    def new_bucket(self) -> str:
        name = f"images-{next(self._numbers)}"
        self.client().create_bucket(Bucket=name)
        return name

    def fill(self, bucket: str) -> None:
        """Let no more bytes into the bucket, nor into where Swift keeps the parts for it."""
        for container in (bucket, f"{bucket}+segments"):
            self._post(container, {"X-Container-Meta-Quota-Bytes": "1"})

    def _post(self, container: str, headers: dict[str, str]) -> None:
        login = {"X-Auth-User": ACCESS_KEY, "X-Auth-Key": SECRET_KEY}
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
            connection.request("GET", "/auth/v1.0", headers=login)
            answer = connection.getresponse()
            answer.read()
            token = {"X-Auth-Token": answer.headers["X-Auth-Token"]}
            connection.request("PUT", f"/v1/AUTH_test/{container.replace('+', '%2B')}", headers={**token, **headers})
            answer = connection.getresponse()
            answer.read()
            assert answer.status in {201, 202}, answer.status


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Swift]:
    """Swift while the block runs; it ends with this process, however that ends."""
    command = [PYTHON, str(DAEMONS), str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            port = process.stdout.readline().strip()
            assert port, "\n".join(log.read_text()[-2000:] for log in folder.glob("*.log"))
            yield Swift(int(port))
        finally:
            process.stdin.close()
            process.wait(timeout=60)
