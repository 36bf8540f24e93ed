"""`berthline trace`: where a packet of a port's guest would go, and what stops it."""

import json
from pathlib import Path
from typing import Annotated, Any, Final

from cyclopts import Parameter

from berthline.bootstrap.clouds_file import ADMIN_CLOUD
from berthline.cli.doctor import clouds_of
from berthline.cli.errors import CommandFailed

ARRIVES: Final = frozenset({"arrives", "leaves", "answered"})
WORDS: Final = {
    "arrives": "it arrives",
    "leaves": "it leaves the cloud",
    "answered": "a router answers it",
    "stopped": "it is stopped",
    "unknown": "where it ends is not known",
}
STOPPED: Final = 1


def trace(
    packet: str = "icmp",
    /,
    *,
    source: Annotated[str, Parameter(name="--from")],
    to: str,
    as_json: Annotated[bool, Parameter(name="--json", negative=(), show_default=False)] = False,
    cloud: str = ADMIN_CLOUD,
    data: Path | None = None,
) -> int:
    """Say where a packet would go that a port's guest sends: which group's rule, router, route or floating IP lets it
    through, or stops it. Nothing is sent. Exit status 1 when it is stopped.

    Parameters
    ----------
    packet
        tcp/PORT, udp/PORT or icmp.
    source
        Id of the port from which it is sent.
    to
        The address to which it is sent.
    as_json
        Print what the cloud answers, as JSON.
    cloud
        Whose eyes to look with: a cloud of clouds.yaml.
    data
        Data folder of the cloud.
    """
    from berthline.cli.client import open_cloud

    protocol, slash, port = packet.partition("/")
    if protocol not in {"tcp", "udp", "icmp"} or bool(slash) == (protocol == "icmp"):
        raise CommandFailed(f"{packet} is no packet: it is tcp/PORT, udp/PORT or icmp")
    asked = {"to": to, "protocol": protocol} | ({"port": port} if slash else {})
    with open_cloud(clouds_of(data), cloud) as client:
        found = client.show("berthline", f"/ports/{source}/trace", "trace", dict[str, Any], **asked)
    if as_json:
        print(json.dumps(found, indent=2))
    else:
        print(f"{packet} from port {source} to {to}: {WORDS[found['verdict']]}")
        for step in found["steps"]:
            print(f"  - {step['what']}" + (f"  ({step['id']})" if step["id"] else ""))
    return 0 if found["verdict"] in ARRIVES else STOPPED
