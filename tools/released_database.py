"""Writes the database that a released revision of the schema makes, with rows in every table, as an SQL dump.

``python -m tools.released_database`` runs a simulated cloud of the code that Python finds, so that an older release
is served by PYTHONPATH; it asks for something of every kind over HTTP, and dumps what the database then holds to
tests/unit/store/migrations/databases/REVISION.sql. A dump that is there is never written again.
"""

import argparse
import os
import select
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec

DUMPS: Final = Path(__file__).resolve().parent.parent / "tests/unit/store/migrations/databases"
IMAGE: Final = b"a disk for the databases of old" * 64
KEY: Final = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f old@release"
HELM: Final = "a helmsman's word"
READY_SECONDS: Final = 60.0
RESTS: Final[dict[str, tuple[dict[str, Any], str]]] = {
    "stopped": ({"os-stop": None}, "SHUTOFF"),
    "paused": ({"pause": None}, "PAUSED"),
    "suspended": ({"suspend": None}, "SUSPENDED"),
    "rescued": ({"rescue": {"adminPass": "of the rescue"}}, "RESCUE"),
    "shelved": ({"shelve": None}, "SHELVED_OFFLOADED"),
    "resized": ({}, "VERIFY_RESIZE"),
    "recycled": ({}, "SOFT_DELETED"),
}
"""By its name how each server comes to rest, and the status in which it does. One is resized, one deleted."""
SETTINGS: Final = {"BERTHLINE_GUESTS_RECLAIM_SECONDS": str(10**8)}
"""Of the cloud: what is deleted can be restored."""


class Caller:
    """A client of one service after the other, with a token of one cloud of clouds.yaml."""

    def __init__(self, url: str, clouds: Path, name: str) -> None:
        known = msgspec.yaml.decode(clouds.read_bytes())["clouds"][name]["auth"]
        self._http = httpx.Client(base_url=url, trust_env=False, headers={"x-openstack-nova-api-version": "2.90"})
        user = {"name": known["username"], "domain": {"id": "default"}, "password": known["password"]}
        scope = {"project": {"name": known["project_name"], "domain": {"id": "default"}}}
        body = {"auth": {"identity": {"methods": ["password"], "password": {"user": user}}, "scope": scope}}
        answer = self._http.post("/identity/v3/auth/tokens", json=body).raise_for_status()
        self.token = answer.headers["x-subject-token"]
        self._http.headers["x-auth-token"] = self.token
        self.project: str = answer.json()["token"]["project"]["id"]
        self.user: str = answer.json()["token"]["user"]["id"]

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> Any:
        """The answer's JSON, None where it has none; ends the tool when it is an error."""
        data = body if isinstance(body, bytes) else b"" if body is None else msgspec.json.encode(body)
        kind = "application/octet-stream" if isinstance(body, bytes) else "application/json"
        answer = self._http.request(method, path, content=data, headers={"content-type": kind, **headers})
        if answer.is_error:
            raise SystemExit(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json() if answer.content else None

    def make(self, path: str, noun: str, **values: object) -> Any:
        """POST one thing; what was made."""
        answer = self.ask("POST", path, {noun: values})
        return answer.get(noun, answer)


def fill_identity(admin: Caller) -> None:
    """A domain, a user, a project and a role of it, a limit, and a token that was revoked."""
    domain = admin.make("/identity/v3/domains", "domain", name="south")
    project = admin.make("/identity/v3/projects", "project", name="harbour", domain_id=domain["id"], tags=["quay"])
    user = admin.make("/identity/v3/users", "user", name="pilot", domain_id=domain["id"], password="a pilot's word")  # noqa: S106
    role = admin.make("/identity/v3/roles", "role", name="mooring", domain_id=domain["id"])
    path = f"projects/{project['id']}/users/{user['id']}"
    roles = {one["name"]: one["id"] for one in admin.ask("GET", "/identity/v3/roles")["roles"]}
    admin.ask("PUT", f"/identity/v3/{path}/roles/{roles['member']}")
    admin.ask("PUT", f"/identity/v3/{path}/roles/{role['id']}")
    admin.ask("PUT", f"/compute/v2.1/os-quota-sets/{project['id']}", {"quota_set": {"cores": 7}})
    admin.ask("PUT", f"/network/v2.0/quotas/{project['id']}", {"quota": {"port": 9}})
    own = f"/compute/v2.1/os-quota-sets/{project['id']}?user_id={user['id']}"
    admin.ask("PUT", own, {"quota_set": {"instances": 3}})
    admin.ask("PUT", "/compute/v2.1/os-quota-class-sets/default", {"quota_class_set": {"key_pairs": 90}})
    fill_rights(admin, domain["id"], user["id"], {**roles, role["name"]: role["id"]})


def fill_rights(admin: Caller, domain: str, user: str, roles: dict[str, str]) -> None:
    """A group with a member and a role, roles that are inherited, and what an admin adds to the catalogue."""
    v3 = "/identity/v3"
    group = admin.make(f"{v3}/groups", "group", name="crew", domain_id=domain)["id"]
    admin.ask("PUT", f"{v3}/groups/{group}/users/{user}")
    admin.ask("PUT", f"{v3}/domains/{domain}/groups/{group}/roles/{roles['mooring']}")
    for holder in (f"users/{user}", f"groups/{group}"):
        path = f"domains/{domain}/{holder}/roles/{roles['reader']}/inherited_to_projects"
        admin.ask("PUT", f"{v3}/OS-INHERIT/{path}")
    admin.make(f"{v3}/regions", "region", id="north", description="beyond the sound")
    service = admin.make(f"{v3}/services", "service", type="dns", name="signals")["id"]
    place = {"region_id": "north", "interface": "public", "url": "https://signals.example/"}
    admin.make(f"{v3}/endpoints", "endpoint", service_id=service, **place)


def fill_credentials(user: Caller) -> None:
    """Two application credentials, of which the one goes by a rule and the other does not end."""
    rule = {"service": "compute", "path": "/v2.1/servers", "method": "GET"}
    limits = {"roles": [{"name": "reader"}], "expires_at": "2101-01-01T00:00:00", "access_rules": [rule]}
    path = f"/identity/v3/users/{user.user}/application_credentials"
    user.make(path, "application_credential", name="watch", **limits)
    user.make(path, "application_credential", name="helm", secret=HELM, unrestricted=True)


def fill_images(admin: Caller, user: Caller) -> str:
    """An image that is active, tagged and shared, and one that has no bytes; the id of the first."""
    made = {"name": "disk", "disk_format": "raw", "container_format": "bare", "tags": ["old"], "hw_disk_bus": "virtio"}
    image: str = user.ask("POST", "/image/v2/images", made)["id"]
    user.ask("PUT", f"/image/v2/images/{image}/file", IMAGE)
    user.ask("POST", f"/image/v2/images/{image}/members", {"member": admin.project})
    user.ask("POST", "/image/v2/images", {"name": "empty", "visibility": "private"})
    return image


def fill_networks(admin: Caller, user: Caller) -> tuple[str, str]:
    """A network of both IP versions behind a router, with all that belongs to it; its id and the outer one's."""
    net = "/network/v2.0"
    v2: dict[str, Any] = {}
    external = {"name": "outside", "router:external": True, "is_default": True}
    outside = admin.make(f"{net}/networks", "network", **external)
    admin.make(f"{net}/subnets", "subnet", network_id=outside["id"], ip_version=4, cidr="203.0.113.0/24")
    own = user.make(f"{net}/networks", "network", name="own", dns_domain="own.example.")
    v2["network_id"] = own["id"]
    subnet = user.make(f"{net}/subnets", "subnet", **v2, ip_version=4, cidr="10.1.0.0/24", dns_nameservers=["9.9.9.9"])
    modes = {"ipv6_ra_mode": "slaac", "ipv6_address_mode": "slaac"}
    user.make(f"{net}/subnets", "subnet", **v2, ip_version=6, cidr="2001:db8:1::/64", **modes)
    router = user.make(f"{net}/routers", "router", name="way", external_gateway_info={"network_id": outside["id"]})
    user.ask("PUT", f"{net}/routers/{router['id']}/add_router_interface", {"subnet_id": subnet["id"]})
    group = user.make(f"{net}/security-groups", "security_group", name="web", stateful=True)
    rule = {"direction": "ingress", "protocol": "tcp", "port_range_min": 80, "port_range_max": 80}
    user.make(f"{net}/security-group-rules", "security_group_rule", security_group_id=group["id"], **rule)
    dhcp = [{"opt_name": "mtu", "opt_value": "1400"}]
    pairs = [{"ip_address": "10.1.0.99"}]
    port = user.make(
        f"{net}/ports",
        "port",
        **v2,
        name="free",
        security_groups=[group["id"]],
        extra_dhcp_opts=dhcp,
        allowed_address_pairs=pairs,
        dns_name="free",
    )
    user.make(f"{net}/floatingips", "floatingip", floating_network_id=outside["id"], port_id=port["id"])
    user.ask("PUT", f"{net}/networks/{own['id']}/tags", {"tags": ["a", "b"]})
    user.ask("GET", f"{net}/auto-allocated-topology/{user.project}")
    return own["id"], outside["id"]


def fill_hosts(admin: Caller) -> None:
    """An aggregate with a zone, a host and metadata, and a host that takes no new servers."""
    compute = "/compute/v2.1"
    names = [host["hypervisor_hostname"] for host in admin.ask("GET", f"{compute}/os-hypervisors")["hypervisors"]]
    aggregate = admin.make(f"{compute}/os-aggregates", "aggregate", name="pier", availability_zone="east")["id"]
    for action in ({"add_host": {"host": names[0]}}, {"set_metadata": {"metadata": {"berths": "deep"}}}):
        admin.ask("POST", f"{compute}/os-aggregates/{aggregate}/action", action)


def fill_flavors(admin: Caller, user: Caller) -> tuple[str, str]:
    """Two flavors for all and one for the user's project; the ids of the first two."""
    compute = "/compute/v2.1"
    public = admin.make(f"{compute}/flavors", "flavor", name="little", ram=64, vcpus=1, disk=1)
    admin.ask("POST", f"{compute}/flavors/{public['id']}/os-extra_specs", {"extra_specs": {"hw:cpu_policy": "shared"}})
    larger = admin.make(f"{compute}/flavors", "flavor", name="larger", ram=128, vcpus=2, disk=2)
    private = {"name": "hidden", "ram": 64, "vcpus": 1, "disk": 1, "os-flavor-access:is_public": False}
    hidden = admin.make(f"{compute}/flavors", "flavor", **private)
    access = {"addTenantAccess": {"tenant": user.project}}
    admin.ask("POST", f"{compute}/flavors/{hidden['id']}/action", access)
    return str(public["id"]), str(larger["id"])


def fill_servers(admin: Caller, user: Caller, image: str, network: str) -> str:
    """Flavors, a key, a server in each state in which one rests, one that was deleted; the id of one that runs."""
    compute = "/compute/v2.1"
    flavor, larger = fill_flavors(admin, user)
    user.make(f"{compute}/os-keypairs", "keypair", name="key", public_key=KEY)
    group = user.make(f"{compute}/os-server-groups", "server_group", name="apart", policy="soft-anti-affinity")["id"]
    servers = {}
    for name in ("running", "deleted", *RESTS):
        wanted = {"name": name, "flavorRef": flavor, "imageRef": image, "networks": [{"uuid": network}]}
        more = {"key_name": "key", "metadata": {"made": "of old"}, "tags": ["old"]}
        body = {"server": wanted | more, "os:scheduler_hints": {"group": group}}
        once = {"idempotency-key": f"once-{name}"}
        servers[name] = user.ask("POST", f"{compute}/servers", body, **once)["server"]["id"]
    for server in servers.values():
        _wait(user, server, "ACTIVE")
    running = str(servers["running"])
    backup = {"createBackup": {"name": "backup", "backup_type": "daily", "rotation": 2}}
    more = {"running": backup, "resized": {"resize": {"flavorRef": larger}}, "deleted": {"forceDelete": None}}
    for name, action in ({name: action for name, (action, _) in RESTS.items()} | more).items():
        if action:
            user.ask("POST", f"{compute}/servers/{servers[name]}/action", action)
    user.ask("DELETE", f"{compute}/servers/{servers['recycled']}")
    for name, (_, status) in RESTS.items():
        _wait(admin, servers[name], status)
    user.make(f"{compute}/servers/{running}/remote-consoles", "remote_console", protocol="vnc", type="novnc")
    limit = time.monotonic() + READY_SECONDS
    while any(one["id"] == servers["deleted"] for one in user.ask("GET", f"{compute}/servers")["servers"]):
        assert time.monotonic() < limit, "the server is not deleted"
        time.sleep(0.05)
    while any(one["status"] != "active" for one in user.ask("GET", "/image/v2/images?name=backup")["images"]):
        assert time.monotonic() < limit, "the backup is not there"
        time.sleep(0.05)
    return running


def _wait(user: Caller, server: str, status: str) -> None:
    limit = time.monotonic() + READY_SECONDS
    while (found := user.ask("GET", f"/compute/v2.1/servers/{server}")["server"]["status"]) != status:
        if found == "ERROR" or time.monotonic() > limit:
            raise SystemExit(f"server {server} is {found}, not {status}")
        time.sleep(0.05)


def fill(url: str, clouds: Path) -> str:
    """Something of every kind in the cloud; the id of a server that runs."""
    admin, user = Caller(url, clouds, "berthline-admin"), Caller(url, clouds, "berthline")
    fill_identity(admin)
    fill_credentials(user)
    fill_hosts(admin)
    image = fill_images(admin, user)
    network, _ = fill_networks(admin, user)
    server = fill_servers(admin, user, image, network)
    ended = Caller(url, clouds, "berthline")
    ended.ask("DELETE", "/identity/v3/auth/tokens", **{"x-subject-token": ended.token})
    limit = time.monotonic() + READY_SECONDS
    while httpx.get(f"{url}/healthz", trust_env=False).json()["parts"]["dataplane"]["changes"]:
        assert time.monotonic() < limit, "changes still wait for the data plane"
        time.sleep(0.05)
    return server


def plant(connection: sqlite3.Connection, server: str) -> None:
    """Rows that only a Neutron outside, a start or another process leaves: those of no table that is full already."""
    one = connection.execute("SELECT project_id FROM servers WHERE id = ?", (server,)).fetchone()[0]
    network = connection.execute("SELECT id FROM networks WHERE name = 'own'").fetchone()[0]
    shelved = connection.execute("SELECT id FROM servers WHERE name = 'shelved'").fetchone()[0]
    asked = "SELECT port_id, hosts.name FROM server_nics, hosts JOIN servers ON servers.id = server_id"
    moving = f"{asked} WHERE server_id = ? AND hosts.name != servers.host"
    port, elsewhere = connection.execute(moving, (server,)).fetchone()
    nic = "01890000-0000-7000-8000-00000000000a"
    rows: dict[str, dict[str, object]] = {
        "cloud": {"id": 1, "cloud_id": "01890000-0000-7000-8000-000000000001", "created_at": 1},
        "outbox": {"kind": "network", "object_id": network, "revision": 0, "at": 1},
        "worker_leases": {"name": "projector", "owner": nic, "until": 1},
        "remote_nics": {
            "server_id": server,
            "position": 1,
            "network_id": nic,
            "mac_address": "fa:16:3e:00:00:01",
            "project_id": one,
            "network": "{}",
        },
        "remote_network_info": {"server_id": server, "generation": 1, "info": "[]", "updated_at": 1},
        "admin_passwords": {"server_id": server, "password": "of a server that is being built"},
        "workers": {"id": nic, "epoch": 1, "name": "quay", "drives": 1, "joined_at": 1, "until": 1},
        "image_processes": {"id": nic, "host": "quay", "secret": "0" * 32, "turn": 1, "until": 1},
        "guest_passwords": {"server_id": server, "password": "bGVmdCBieSBpdHMgZ3Vlc3Q="},
        "serial_holds": {"server_id": server, "id": nic, "url": "http://127.0.0.1:1", "machine": "quay"},
        "postponements": {"subject_id": shelved, "tries": 1, "until": 1},
        "port_moves": {"port_id": port, "host": elsewhere},
        "remote_released": {"server_id": server, "mac_address": "fa:16:3e:00:00:02", "released_at": 1, "nic": "{}"},
    }
    known = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    for table, values in rows.items():
        if table not in known or connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]:  # noqa: S608
            continue
        marks = ", ".join("?" * len(values))
        connection.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})", tuple(values.values()))  # noqa: S608
    connection.commit()


def dump(path: Path, server: str) -> tuple[str, str]:
    """The revision of the database and all of it as SQL. Ends the tool when a table has no row."""
    connection = sqlite3.connect(path)
    plant(connection, server)
    tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
    empty = [
        name
        for (name,) in tables.fetchall()
        if not connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0]  # noqa: S608 - names of the schema
    ]
    if empty:
        raise SystemExit(f"no row in {', '.join(empty)}: have this tool make one")
    revision = connection.execute("SELECT version_num FROM alembic_version").fetchone()[0]
    text = "\n".join(connection.iterdump()) + "\n"
    connection.close()
    return str(revision), text


def main() -> None:
    """Run the cloud, fill it, end it, dump it."""
    parser = argparse.ArgumentParser(description="Dump the database of the newest revision of the code that runs.")
    parser.add_argument("--to", type=Path, default=DUMPS, help="folder of the dumps")
    folder = parser.parse_args().to
    with tempfile.TemporaryDirectory() as temporary:
        data = Path(temporary) / "data"
        words = ("up", "--simulated", "2", "--listen", "127.0.0.1:0", "--data", str(data))
        own = {
            name: value for name, value in os.environ.items() if not name.startswith(("BERTHLINE_", "OS_"))
        } | SETTINGS
        command = [sys.executable, "-m", "berthline", *words]
        cloud = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=own)
        try:
            assert cloud.stdout is not None
            select.select([cloud.stdout], [], [], READY_SECONDS)
            url = cloud.stdout.readline().split()[1]
            server = fill(url, data / "clouds.yaml")
        finally:
            cloud.send_signal(signal.SIGTERM)
            cloud.wait(READY_SECONDS)
        revision, text = dump(data / "berthline.db", server)
    target = folder / f"{revision}.sql"
    if target.exists():
        raise SystemExit(f"{target} is there: a released revision never changes")
    folder.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")
    print(f"{target}: {len(text)} bytes")


if __name__ == "__main__":
    main()
