"""`berthline explain`: why a server or a port is as it is."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from berthline.bootstrap.clouds_file import ADMIN_CLOUD
from berthline.cli.columns import print_columns
from berthline.cli.doctor import clouds_of


def explain(
    object_id: str,
    /,
    *,
    as_json: Annotated[bool, Parameter(name="--json", negative=(), show_default=False)] = False,
    cloud: str = ADMIN_CLOUD,
    data: Path | None = None,
) -> None:
    """Say why a server or a port is as it is: what is under way, what keeps it, and what the data plane has of it.

    Parameters
    ----------
    object_id
        Id of the server, or of the port.
    as_json
        Print what the cloud answers, as JSON.
    cloud
        Whose eyes to look with: a cloud of clouds.yaml. Owners see their own, with fewer facts than admins.
    data
        Data folder of the cloud.
    """
    from berthline.cli.client import open_cloud

    with open_cloud(clouds_of(data), cloud) as client:
        found = client.show("berthline", f"/explanations/{object_id}", "explanation", dict[str, Any])
    if as_json:
        print(json.dumps(found, indent=2))
        return
    print(f"{found['kind']} {found['id']}")
    for reason in found["reasons"]:
        print(f"  - {reason}")
    facts = [*_facts(found)]
    print()
    print_columns(("FACT", "VALUE"), facts)
    if found.get("actions"):
        print()
        print_columns(
            ("BEGUN", "ACTION", "WHAT WENT WRONG"),
            ((_time(one["started_at"]), one["action"], one["message"] or "") for one in found["actions"]),
        )
    ports = found["ports"] if "ports" in found else [found["port"]]
    if ports:
        print()
        print_columns(("PORT", "ADDRESSES", "STATUS", "PROJECTED", "UP", "BOUND TO", "CHASSIS"), map(_port, ports))


def _facts(found: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in found.get("server", {}).items():
        if name == "fault":
            if value is not None:
                yield "fault", f"{_time(value['created_at'])} {value['message']}"
        else:
            yield name.replace("_", " "), _time(value) if name.endswith("_at") else _word(value)
    for work in found.get("work", ()):
        tries = f", tried {work['attempts']} times" if work["attempts"] else ""
        yield "under way", f"{work['kind']} {work['state']} at {work['step']} since {_time(work['created_at'])}{tries}"
        if "id" in work:
            yield "saga", work["id"]
    if host := found.get("host"):
        words = {"lost": host["lost"], "up": host["up"], "set down": host["forced_down"], "down": True}
        standing = next(word for word, holds in words.items() if holds)
        yield "host", f"{host['name']}, {standing}, last seen {_time(host['seen_at'])}, chassis {host['chassis']}"
    if postponed := found.get("postponed"):
        yield "left until", f"{_time(postponed['until'])}, after {postponed['tries']} tries"
    if port := found.get("port"):
        yield "MAC address", port["mac_address"]
        yield "admin state", "up" if port["admin_state_up"] else "down"
        yield "security groups", ", ".join(port["security_groups"]) or "-"


def _port(port: dict[str, Any]) -> tuple[str, ...]:
    binding = port.get("binding", {})
    chassis, wanted = binding.get("chassis"), binding.get("chassis_wanted")
    return (
        port["id"],
        ", ".join(port["fixed_ips"]) or "-",
        port["status"],
        _word(port["projected"]),
        "not known" if port["up"] is None else "absent" if not port["in_dataplane"] else _word(port["up"]),
        binding.get("host") or "-",
        f"{chassis}, not {wanted}" if chassis and wanted and chassis != wanted else chassis or "-",
    )


def _word(value: Any) -> str:
    return {True: "yes", False: "no", None: "-"}[value] if value is None or isinstance(value, bool) else str(value)


def _time(microseconds: int) -> str:
    return datetime.fromtimestamp(microseconds / 1e6, UTC).strftime("%Y-%m-%d %H:%M:%S")
