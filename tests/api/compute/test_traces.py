"""Where a packet would go, over HTTP: who may ask, what is refused, and what is told of a simulated data plane."""

import pytest

from berthline.domain.ids import new_id
from tests.api.compute.conftest import LATEST, Ground
from tests.api.compute.world import World


async def port_of(ground: Ground, server: str) -> str:
    answer = await ground.red.get(f"/compute/v2.1/servers/{server}/os-interface", headers=LATEST)
    (found,) = answer.json()["interfaceAttachments"]
    return str(found["port_id"])


async def test_a_simulated_data_plane_is_refused_by_name_and_others_ports_are_not_there(
    ground: Ground, world: World
) -> None:
    port = await port_of(ground, await ground.boot(world))
    asked = f"/berthline/v1/ports/{port}/trace?to=10.9.0.1&protocol=tcp&port=80"
    for client in (ground.red, ground.reader, ground.admin):
        answer = await client.get(asked)
        assert answer.status_code == 409
        assert "this cloud's data plane is simulated" in answer.json()["error"]["message"]
    never = await ground.blue.get(f"/berthline/v1/ports/{new_id()}/trace?to=10.9.0.1&protocol=icmp")
    others = await ground.blue.get(asked)
    assert never.status_code == others.status_code == 404
    assert others.json()["error"]["message"] == f"Port {port} could not be found."


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("", "to is the address of one machine"),
        ("to=10.9.0.0/24&port=80", "to is the address of one machine"),
        ("to=10.9.0.1%20%7C%7C%201&port=80", "to is the address of one machine"),
        ("to=10.9.0.1&protocol=sctp&port=80", "protocol is one of tcp, udp, icmp"),
        ("to=10.9.0.1", "port is a number from 1 to 65535"),
        ("to=10.9.0.1&port=0", "port is a number from 1 to 65535"),
        ("to=10.9.0.1&port=65536", "port is a number from 1 to 65535"),
        ("to=10.9.0.1&port=%D9%A1", "port is a number from 1 to 65535"),
        ("to=10.9.0.1&protocol=icmp&port=80", "port goes with tcp and udp"),
        ("to=10.9.0.1&port=80&mac=x", "mac"),
    ],
)
async def test_what_is_no_packet_is_refused(ground: Ground, query: str, words: str) -> None:
    answer = await ground.red.get(f"/berthline/v1/ports/{new_id()}/trace?{query}")
    assert answer.status_code == 400, answer.text
    assert words in answer.json()["error"]["message"]
