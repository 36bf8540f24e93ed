"""All that must be true once a cloud is left alone: by the journals, by its own lists, and by the simulated world."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from berthline.domain.ids import ServerId
from berthline.simulated.world import Content
from tests.chaos.calls import Session
from tests.chaos.journal import Journal, Kind

PAGE = 500
RESTING = frozenset({"ACTIVE", "SHUTOFF"})
Uses = dict[Kind, tuple[int, int]]
"""Of a project: how much of a kind is counted as used, and how much may be."""


@dataclass
class Found:
    """What the cloud shows to its admin: everything of each kind by its id."""

    servers: dict[str, dict[str, Any]]
    ports: dict[str, dict[str, Any]]
    floating: dict[str, dict[str, Any]]

    def of(self, kind: Kind) -> dict[str, dict[str, Any]]:
        """Everything of a kind."""
        return {"server": self.servers, "port": self.ports, "floatingip": self.floating}[kind]


def found_by(admin: Session) -> Found:
    """Ask for all of it."""
    return Found(
        servers=_by_id(_listed(admin, "/compute/v2.1/servers/detail?all_tenants=1", "servers")),
        ports=_by_id(admin.get("/network/v2.0/ports")["ports"]),
        floating=_by_id(admin.get("/network/v2.0/floatingips")["floatingips"]),
    )


def uses_of(projects: set[str], admin: Session) -> dict[str, Uses]:
    """What is counted of each project: used and limit of each kind."""
    found: dict[str, Uses] = {}
    for project in projects:
        network = admin.get(f"/network/v2.0/quotas/{project}/details")["quota"]
        instances = admin.get(f"/compute/v2.1/os-quota-sets/{project}/detail")["quota_set"]["instances"]
        found[project] = {
            "server": (instances["in_use"], instances["limit"]),
            "port": (network["port"]["used"], network["port"]["limit"]),
            "floatingip": (network["floatingip"]["used"], network["floatingip"]["limit"]),
        }
    return found


def _by_id(things: Sequence[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {one["id"]: one for one in things}


def _listed(admin: Session, path: str, key: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    marker = ""
    while page := admin.get(f"{path}&limit={PAGE}{marker}")[key]:
        found += page
        marker = f"&marker={page[-1]['id']}"
    return found


def violations(journals: Sequence[Journal], found: Found, uses: Mapping[str, Uses], content: Content) -> list[str]:
    """Everything that is not as it must be."""
    return [
        *(wrong for journal in journals for wrong in journal.wrong),
        *_standing(journals, found),
        *_strangers(journals, found),
        *_nics(journals, found),
        *_leads(journals, found),
        *_addresses(found),
        *_owners(found),
        *_quotas(uses, found),
        *_guests(found, content),
    ]


def _standing(journals: Sequence[Journal], found: Found) -> Iterator[str]:
    """Every acknowledged create is there until its acknowledged delete, and no revision went back."""
    for journal in journals:
        for thing in journal.things.values():
            shown = found.of(thing.kind).get(thing.id)
            if thing.standing == "there" and shown is None:
                yield f"{thing.kind} {thing.id} was acknowledged and is lost"
            if thing.standing == "gone" and shown is not None:
                yield f"{thing.kind} {thing.id} was deleted by acknowledgement and is there"
            if shown is not None and "revision_number" in shown and (wrong := thing.heard(shown["revision_number"])):
                yield wrong


def _strangers(journals: Sequence[Journal], found: Found) -> Iterator[str]:
    """Nothing is there that nobody asked for, and nothing twice."""
    unanswered = {one for journal in journals for one in journal.unanswered}
    kinds: tuple[Kind, ...] = ("server", "port", "floatingip")
    for kind in kinds:
        known = {thing.id for journal in journals for thing in journal.all_of(kind)}
        names: Counter[str] = Counter()
        for one in found.of(kind).values():
            name = one["description"] if kind == "floatingip" else one["name"]
            if one["id"] in known or (kind == "port" and one["device_id"]):
                continue
            names[name] += 1
            if (kind, name) not in unanswered:
                yield f"{kind} {one['id']} ({name}) is there, and nobody was told of it"
        yield from (f"{kind} {name} was made {count} times" for name, count in names.items() if count > 1)


def _nics(journals: Sequence[Journal], found: Found) -> Iterator[str]:
    """What was attached by acknowledgement is the server's."""
    for journal in journals:
        for server in journal.alive("server"):
            own = {port["id"] for port in found.ports.values() if port["device_id"] == server.id}
            for lost in sorted(server.nics - own):
                yield f"port {lost} was attached to server {server.id} by acknowledgement, and is not"
            shown = found.servers.get(server.id, {"status": ""})
            if shown["status"] in RESTING and not own and not server.maybe:
                yield f"server {server.id} has no NICs"


def _leads(journals: Sequence[Journal], found: Found) -> Iterator[str]:
    """Each floating IP leads where it was told to last, unless that is gone."""
    for journal in journals:
        for floating in journal.alive("floatingip"):
            shown = found.floating.get(floating.id)
            if shown is None or floating.port_unsure:
                continue
            there = floating.port if floating.port in found.ports else None
            if shown["port_id"] != there:
                yield f"floating IP {floating.id} leads to {shown['port_id']}, and was told to lead to {floating.port}"


def _addresses(found: Found) -> Iterator[str]:
    """No address and no MAC twice."""
    addresses = Counter(
        (port["network_id"], fixed["ip_address"]) for port in found.ports.values() for fixed in port["fixed_ips"]
    )
    macs = Counter((port["network_id"], port["mac_address"]) for port in found.ports.values())
    outer = Counter(one["floating_ip_address"] for one in found.floating.values())
    for what, counted in (("address", addresses), ("MAC", macs), ("floating address", outer)):
        yield from (f"{what} {one} is there {count} times" for one, count in counted.items() if count > 1)


def _owners(found: Found) -> Iterator[str]:
    """A port of a server is of a server that is there, and on its host."""
    for port in found.ports.values():
        if port["device_owner"].startswith("compute:"):
            server = found.servers.get(port["device_id"])
            if server is None:
                yield f"port {port['id']} is of server {port['device_id']}, which is not there"
            elif server["status"] == "ACTIVE" and port["binding:host_id"] != server["OS-EXT-SRV-ATTR:host"]:
                yield f"port {port['id']} is bound to {port['binding:host_id']}, its server is elsewhere"
        elif not port["device_owner"] and port["device_id"]:
            yield f"port {port['id']} has a device and no owner"


def _quotas(uses: Mapping[str, Uses], found: Found) -> Iterator[str]:
    """What is counted as used is what is there, and no more than may be."""
    for project, kinds in uses.items():
        for kind, (used, limit) in kinds.items():
            whose = "tenant_id" if kind == "server" else "project_id"
            there = sum(1 for one in found.of(kind).values() if one[whose] == project)
            if used != there:
                yield f"project {project} uses {there} of {kind}, and {used} are counted"
            if there > limit:
                yield f"project {project} has {there} of {kind}, and may have {limit}"


def _guests(found: Found, content: Content) -> Iterator[str]:
    """The guests of the world are those of the servers, with their NICs, and on one host each."""
    guests = Counter(server for powers in content.powers.values() for server in powers)
    yield from (f"server {server} has {count} guests" for server, count in guests.items() if count > 1)
    yield from (f"guest {server} has no server" for server in guests if server not in found.servers)
    for server, shown in found.servers.items():
        if shown["status"] not in RESTING:
            continue
        if server not in guests:
            yield f"server {server} is {shown['status']} and has no guest"
            continue
        own = {port["id"] for port in found.ports.values() if port["device_id"] == server}
        if own != set(content.nics[ServerId(server)]):
            yield f"server {server} has NICs {sorted(own)}, its guest {sorted(content.nics[ServerId(server)])}"
    plugged = set(content.plugged)
    running = {
        port
        for powers in content.powers.values()
        for server, power in powers.items()
        if power in {"running", "paused"}
        for port in content.nics[server]
    }
    if plugged != running:
        yield f"taps without a running guest: {sorted(plugged - running)}, the reverse: {sorted(running - plugged)}"
