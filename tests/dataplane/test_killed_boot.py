"""The process is killed at every stage of a boot, in attaches and deletes: the guest answers, or nothing is left."""

from typing import Final

import msgspec
import pytest

from .cloud import Interface, eventually
from .ground import Ground
from .kills import ATTACH, BOOT, DELETE, SEED, killed

pytestmark = [pytest.mark.dataplane, pytest.mark.slow]


class Life(msgspec.Struct, frozen=True):
    """At which moments of a server's life the process is killed; "" for a part in which it lives on."""

    boot: str
    attach: str = ""
    delete: str = ""


def _kills(life: Life) -> list[tuple[str, str]]:
    return [(part, step) for part, step in msgspec.structs.asdict(life).items() if step]


LIVES: Final = (
    Life(boot="claimed", delete="asked"),
    Life(boot="disks made", attach="claimed"),
    Life(boot="guest defined", delete="guest off"),
    Life(boot="guest paused", attach="plugged", delete="guest undefined"),
    Life(boot="guest resumed", delete="disks gone"),
    Life(boot="active", attach="attached", delete="deleted"),
)


@pytest.mark.parametrize("life", LIVES, ids=lambda life: ", ".join(map(" ".join, _kills(life))))
def test_a_killed_process_leaves_a_guest_that_answers_or_nothing(ground: Ground, life: Life) -> None:
    print(f"seed {SEED}, replayed by BERTHLINE_KILL_SEED={SEED}")
    cloud = ground.cloud
    name = f"killed-at-{life.boot}".replace(" ", "-")
    image = ground.upload(name.encode()) if life.boot == "claimed" else ground.image
    left = killed(
        cloud, "server_create", BOOT[life.boot], lambda: ground.boot(name, imageRef=image), f"boot {life.boot}"
    )
    # Starting a guest takes far longer than the latest kill: these boots cannot have ended.
    assert not left.ended or life.boot not in {"claimed", "disks made", "guest defined"}
    (server,) = (found for found in cloud.servers() if found.name == name)
    now = eventually(lambda: [found for found in cloud.servers() if found.status in {"ACTIVE", "ERROR"}], "its end")[0]
    nics = cloud.interfaces(server.id)
    if now.status == "ERROR":
        # What an error leaves is a row to be deleted, and nothing outside.
        assert cloud.leaks() == ()
        assert ground.traces(server.id, *nics) == []
    else:
        nics += check_guest(ground, server.id, name, life)
    gone(ground, server.id, nics, life)


def check_guest(ground: Ground, server_id: str, name: str, life: Life) -> tuple[Interface, ...]:
    """The guest answers, also when the process dies while it is given a NIC. Returns the NICs that it was given."""
    cloud = ground.cloud
    (nic,) = cloud.interfaces(server_id)
    assert ground.domain_ports(server_id) == (nic.port_id,)
    eventually(lambda: ground.pings(nic.address), f"an answer from {nic.address}")
    # it answers as soon as it has the address, and says so a moment later
    said = f"berthline-guest: ipv4 eth0 {nic.address}/24"
    eventually(lambda: said in cloud.console(server_id), f"{said!r} on its console")
    assert cloud.leaks() == ()
    if not life.attach:
        return ()

    def attach() -> None:
        cloud.attach(server_id, net_id=ground.second)

    killed(cloud, "interface_attach", ATTACH[life.attach], attach, f"attach {life.attach} after boot {life.boot}")
    assert cloud.leaks() == ()
    held = cloud.interfaces(server_id)
    assert held[0] == nic
    assert len(held) <= 2
    ports = tuple(each.port_id for each in held)
    assert ground.domain_ports(server_id) == ports
    assert set(ground.taps().values()) == set(ports) <= ground.logical_ports()
    eventually(lambda: ground.pings(nic.address), f"an answer from {nic.address} after the attach")
    return held[1:]


def gone(ground: Ground, server_id: str, nics: tuple[Interface, ...], life: Life) -> None:
    """Delete the server, and let the process die meanwhile: nothing is left."""
    cloud = ground.cloud
    if life.delete:

        def delete() -> None:
            cloud.user.delete("compute", f"/servers/{server_id}")

        killed(cloud, "server_delete", DELETE[life.delete], delete, f"delete {life.delete} after boot {life.boot}")
    else:
        cloud.user.delete("compute", f"/servers/{server_id}")
    eventually(lambda: cloud.server(server_id) is None, "the server gone")
    assert cloud.leaks() == ()
    assert ground.traces(server_id, *nics) == []
    assert ground.taps() == {}
