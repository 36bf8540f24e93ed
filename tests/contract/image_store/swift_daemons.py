"""OpenStack Swift with its S3 API, in one folder on free ports of this machine, until standard input ends.

Run by Debian's own Python, whose package python3-swift has all of it: ``python3 swift_daemons.py FOLDER``. Prints the
proxy's port. The account is ``test:tester`` with the key ``testing``.
"""

import contextlib
import os
import pwd
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

KINDS = ("account", "container", "object")
LOOKS = 600
"""At each of which a tenth of a second is waited for a daemon to listen."""

SWIFT = """
[swift-hash]
swift_hash_path_prefix = berthline
swift_hash_path_suffix = berthline
"""

COMMON = """
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
swift_dir = {folder}
devices = {folder}/devices
mount_check = false
user = {user}
workers = 0
log_level = WARNING
"""

STORAGE = """
[pipeline:main]
pipeline = {kind}-server
[app:{kind}-server]
use = egg:swift#{kind}
"""

PROXY = """
[pipeline:main]
pipeline = catch_errors gatekeeper memory listing_formats s3api tempauth bulk container_quotas slo proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:gatekeeper]
use = egg:swift#gatekeeper
[filter:memory]
paste.filter_factory = swift_daemons:memory
[filter:listing_formats]
use = egg:swift#listing_formats
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = testing .admin
[filter:bulk]
use = egg:swift#bulk
[filter:container_quotas]
use = egg:swift#container_quotas
[filter:slo]
use = egg:swift#slo
"""

RUN = "import sys; from swift.common.utils import set_swift_dir; set_swift_dir({folder!r}); \
from swift.common.wsgi import run_wsgi; sys.exit(run_wsgi({file!r}, {section!r}, verbose=True))"


class Memory:
    """What Swift asks of memcached, for its one proxy."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[Any, float]] = {}

    def get(self, key: str, raise_on_error: bool = False) -> Any:
        value, until = self._kept.get(key, (None, 0))
        return value if not until or until > time.time() else None

    def set(self, key: str, value: Any, serialize: bool = True, time: float = 0, **others: Any) -> None:
        self._kept[key] = (value, _now() + time if time else 0)

    def delete(self, key: str, server_key: str | None = None) -> None:
        self._kept.pop(key, None)

    def incr(self, key: str, delta: int = 1, time: float = 0) -> int:
        value: int = (self.get(key) or 0) + delta
        self.set(key, value, time=time)
        return value


def _now() -> float:
    return time.time()


def memory(global_conf: Any, **local: str) -> Any:
    """A filter of Swift's pipeline."""
    cache = Memory()

    def around(app: Any) -> Any:
        def call(environ: Any, start_response: Any) -> Any:
            environ["swift.cache"] = cache
            return app(environ, start_response)

        return call

    return around


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def make_rings(folder: Path, ports: dict[str, int]) -> None:
    from swift.common.ring import RingBuilder

    for kind in KINDS:
        builder = RingBuilder(2, 1, 0)
        builder.add_dev(
            {"id": 0, "region": 1, "zone": 1, "ip": "127.0.0.1", "port": ports[kind], "device": "disk", "weight": 1.0}
            | {"replication_ip": "127.0.0.1", "replication_port": ports[kind], "meta": ""}
        )
        builder.rebalance()
        builder.get_ring().save(str(folder / f"{kind}.ring.gz"))


def started(folder: Path, kind: str, port: int) -> subprocess.Popen[bytes]:
    user = pwd.getpwuid(os.getuid()).pw_name
    own = PROXY if kind == "proxy" else STORAGE.format(kind=kind)
    text = COMMON.format(port=port, folder=folder, user=user) + own
    file = folder / f"{kind}.conf"
    file.write_text(text)
    code = RUN.format(folder=str(folder), file=str(file), section=f"{kind}-server")
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    with (folder / f"{kind}.log").open("w") as log:
        return subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder, env=environment
        )


def wait_for(daemons: list[subprocess.Popen[bytes]], ports: dict[str, int]) -> None:
    for port in ports.values():
        for _ in range(LOOKS):
            if any(daemon.poll() is not None for daemon in daemons):
                sys.exit("a daemon of Swift ended: see its log")
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            time.sleep(0.1)
        else:
            sys.exit(f"nothing listens on port {port}: see the logs")


def main() -> None:
    folder = Path(sys.argv[1])
    (folder / "devices" / "disk").mkdir(parents=True)
    (folder / "swift.conf").write_text(SWIFT)
    ports = {kind: free_port() for kind in (*KINDS, "proxy")}
    make_rings(folder, ports)
    daemons = [started(folder, kind, port) for kind, port in ports.items()]
    try:
        wait_for(daemons, ports)
        print(ports["proxy"], flush=True)
        sys.stdin.read()
    finally:
        for daemon in daemons:
            daemon.kill()
        for daemon in daemons:
            daemon.wait()


if __name__ == "__main__":
    main()
