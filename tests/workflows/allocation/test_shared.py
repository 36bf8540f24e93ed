"""What servers of one project may have of another's: networks and groups that are shared with it."""

import pytest

from berthline.domain.errors import NetworkNotFoundForServer
from berthline.domain.ids import ProjectId, new_id
from berthline.domain.network import ACCESS_EXTERNAL
from berthline.store import Store
from tests.workflows.allocation.ground import BLUE, RED, Ground, on, refused


@pytest.fixture
def ground(store: Store) -> Ground:
    return Ground(store)


def test_networks_shared_with_the_servers_project_are_its_own_to_use(ground: Ground) -> None:
    theirs = ground.plain("theirs", project=BLUE)
    refused(ground, NetworkNotFoundForServer, (on(theirs),))
    ground.open(theirs, ProjectId(new_id()))
    refused(ground, NetworkNotFoundForServer, (on(theirs),))
    ground.open(theirs, RED)
    assert len(ground.allocate((on(theirs),))) == 1
    (nic,) = ground.allocate(None)
    assert ground.ports_of((nic,))[0].network_id == theirs, "the only one that it may use"
    outside = ground.plain("outside", project=BLUE)
    ground.open(outside, RED, ACCESS_EXTERNAL)
    assert len(ground.allocate(None)) == 1, "what only leads out is none to be put on unasked"


def test_groups_shared_with_the_servers_project_are_found_after_its_own(ground: Ground) -> None:
    net = ground.plain("net")
    theirs = ground.group("web", BLUE)
    ground.open(theirs, RED, kind="security_group")
    for wanted in ("web", theirs):
        (nic,) = ground.allocate((on(net),), groups=(wanted,))
        assert ground.ports_of((nic,))[0].security_group_ids == (theirs,)
    own = ground.group("web")
    (nic,) = ground.allocate((on(net),), groups=("web",))
    assert ground.ports_of((nic,))[0].security_group_ids == (own,)
    (nic,) = ground.allocate((on(net),), groups=(theirs,))
    assert ground.ports_of((nic,))[0].security_group_ids == (theirs,)
