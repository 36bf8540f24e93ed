"""`berthline seed`, `up --seed` and `berthline openrc`: a fresh cloud with what people use one with."""

import subprocess
from pathlib import Path

import msgspec

from berthline.bootstrap import clouds_file
from berthline.cli.client import Client, open_cloud
from berthline.cli.demo.resources import wait_until
from berthline.cli.seed.recipes import DEVSTACK, SMALL
from berthline.cli.things import Thing
from tests.api.image.qcow2 import qcow2

from .conftest import Starter, Up, berthline, environment

WRONG = (
    (("--image", "/nowhere/disk.raw"), "/nowhere/disk.raw"),
    (("--image", "http://127.0.0.1:9/disk.raw"), "127.0.0.1:9"),
    (("--public-pool", "203.0.113.1"), "FIRST-LAST"),
)
"""What cannot be had, and what the one line about it names."""


class Flavor(msgspec.Struct, frozen=True):
    """What the test looks at of a flavor."""

    id: str
    name: str
    ram: int
    vcpus: int
    disk: int


class Server(msgspec.Struct, frozen=True):
    """What the test looks at of a server."""

    id: str
    status: str


def sown(*words: str) -> dict[str, tuple[str, str]]:
    """What `berthline seed` says: by kind, what was made and what was there."""
    done = berthline("seed", *words)
    assert done.returncode == 0, done.stderr
    found = {}
    for line in done.stdout.splitlines()[1:-1]:
        kind, made, there = [cell.strip() for cell in line.replace("  ", "\t").split("\t") if cell.strip()]
        found[kind] = (made, there)
    return found


def shell(cloud: Up, *words: str) -> dict[str, str]:
    """The OS_ variables of a shell that sourced the cloud's openrc with these words."""
    script = '. "$0" "$@" && env'
    done = subprocess.run(
        ["bash", "-c", script, str(cloud.data / "openrc"), *words],
        capture_output=True, text=True, check=True, env=environment(OS_CLOUD="another"),
    )  # fmt: skip
    lines = (line.partition("=") for line in done.stdout.splitlines())
    return {name: value for name, _, value in lines if name.startswith("OS_")}


def test_a_cloud_begins_with_devstacks_things_and_a_second_run_changes_nothing(start: Starter) -> None:
    cloud = start("--simulated", "1", "--seed", "devstack")
    before = cloud.clouds.read_bytes()
    with open_cloud(cloud.clouds, "devstack-admin") as admin:
        flavors = admin.list("compute", "/flavors/detail", "flavors", Flavor)
        assert {msgspec.structs.astuple(each) for each in flavors} == {
            (each.id, each.name, each.ram, each.vcpus, each.disk) for each in DEVSTACK.flavors
        }
    said = sown("devstack", "--data", str(cloud.data))
    assert {kind: made for kind, (made, _) in said.items()} == dict.fromkeys(said, "-")
    assert said["networks"] == ("-", "public, private, shared")
    assert cloud.clouds.read_bytes() == before
    assert cloud.clouds.stat().st_mode & 0o777 == 0o600
    for login in DEVSTACK.logins:
        with open_cloud(cloud.clouds, login.cloud) as client:
            names = {each.name for each in client.list("network", "/networks", "networks", Thing)}
        assert ("private" in names) == (login.project == "demo" or login.role == "admin")
        assert names >= {"public", "shared"}
    with open_cloud(cloud.clouds, "devstack-alt") as alt:
        image = alt.list("image", "/images", "images", Thing, name="simulated")[0]
        network = next(each for each in alt.list("network", "/networks", "networks", Thing) if each.name == "shared")
        body = {"name": "one", "imageRef": image.id, "flavorRef": "42", "networks": [{"uuid": network.id}]}
        server = alt.create("compute", "/servers", "server", body, Thing)
        assert wait_until(lambda: _at_rest(alt, server.id), "the server to be at rest", 60.0) == "ACTIVE"
    _a_shell_logs_in_by_openrc(cloud)


def _a_shell_logs_in_by_openrc(cloud: Up) -> None:
    entries = clouds_file.read(cloud.clouds).clouds
    known = entries["devstack-alt"].auth
    for words in (("devstack-alt",), ("alt_demo", "alt_demo")):
        told = shell(cloud, *words)
        assert (told["OS_USERNAME"], told["OS_PASSWORD"]) == (known.username, known.password)
        assert told["OS_AUTH_URL"] == known.auth_url
        assert "OS_CLOUD" not in told
    assert shell(cloud)["OS_USERNAME"] == entries["berthline"].auth.username
    assert known.password not in (cloud.data / "openrc").read_text(encoding="utf-8")
    refused = berthline("openrc", "nobody", "--data", str(cloud.data))
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "nobody" in refused.stderr


def test_a_small_cloud_has_the_image_and_the_outer_addresses_that_were_named(start: Starter, tmp_path: Path) -> None:
    cloud = start("--simulated", "1")
    disk = tmp_path / "debian-12.qcow2"
    disk.write_bytes(qcow2())
    words = ("--image", str(disk), "--public-cidr", "203.0.113.0/26", "--public-gateway", "203.0.113.62")
    for wrong, why in WRONG:
        refused = berthline("seed", "small", *wrong, "--data", str(cloud.data))
        assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
        assert why in refused.stderr
    with open_cloud(cloud.clouds, "berthline-admin") as admin:
        stranger = {"name": "alt_demo", "domain_id": "default", "password": "of somebody else"}
        other = admin.create("identity", "/users", "user", stranger, Thing)
        refused = berthline("seed", "devstack", "--data", str(cloud.data))
        assert "a user alt_demo is there" in refused.stderr
        assert admin.list("compute", "/flavors", "flavors", Thing) == ()
        assert "devstack" not in clouds_file.read(cloud.clouds).clouds
        admin.delete("identity", f"/users/{other.id}")
    said = sown("small", *words, "--public-pool", "203.0.113.10-203.0.113.20", "--data", str(cloud.data))
    assert said["images"] == ("debian-12", "-")
    assert said["flavors"] == (", ".join(each.name for each in SMALL.flavors), "-")
    with open_cloud(cloud.clouds, "berthline") as user:
        image = user.list("image", "/images", "images", _Image, name="debian-12")[0]
        assert (image.disk_format, image.status, image.visibility) == ("qcow2", "active", "public")
        router = user.list("network", "/routers", "routers", _Router, name="router")[0]
        address = router.external_gateway_info.external_fixed_ips[0]["ip_address"]
        assert address in {f"203.0.113.{last}" for last in range(10, 21)}
        rules = user.list("network", "/security-group-rules", "security_group_rules", _Rule, direction="ingress")
        assert {("tcp", 22), ("icmp", None)} <= {(each.protocol, each.port_range_min) for each in rules}


def test_a_seed_that_is_not_there_is_refused_before_anything_begins(tmp_path: Path) -> None:
    refused = berthline("up", "--simulated", "1", "--seed", "desert", "--data", str(tmp_path / "data"))
    assert refused.returncode == 2
    assert "desert" in refused.stderr + refused.stdout
    assert not (tmp_path / "data").exists()


def _at_rest(client: Client, server_id: str) -> str:
    """The server's status, "" while it is being built."""
    status = client.show("compute", f"/servers/{server_id}", "server", Server).status
    return "" if status == "BUILD" else status


class _Image(msgspec.Struct, frozen=True):
    disk_format: str
    status: str
    visibility: str


class _Gateway(msgspec.Struct, frozen=True):
    external_fixed_ips: tuple[dict[str, str], ...]


class _Router(msgspec.Struct, frozen=True):
    external_gateway_info: _Gateway


class _Rule(msgspec.Struct, frozen=True):
    protocol: str | None
    port_range_min: int | None
