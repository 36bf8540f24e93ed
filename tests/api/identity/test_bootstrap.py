"""What a new cloud starts with."""

import pytest

from berthline.domain.errors import NotFound
from berthline.identity import Identity, IdentitySettings, bootstrap, reset_password
from berthline.identity.logins import DomainName, LoginRequest, ProjectName, UserLogin
from berthline.store import Store
from tests.api.builder import HandClock

DEFAULT = DomainName(id="default")


def request(name: str, password: str, project: str) -> LoginRequest:
    return LoginRequest(
        password=UserLogin(name=name, password=password, domain=DEFAULT),
        scope=ProjectName(name=project, domain=DEFAULT),
    )


async def test_admin_and_demo_can_log_in(store: Store, clock: HandClock) -> None:
    made = bootstrap(store, clock)
    assert made is not None
    identity = Identity(store, clock)
    for login, role in ((made.admin, "admin"), (made.demo, "member")):
        _, info = await identity.log_in(request(login.user_name, login.password, login.project_name))
        assert role in {each.name for each in info.roles}
        assert login.password not in repr(made)
    identity.close()


async def test_a_second_start_changes_nothing(store: Store, clock: HandClock) -> None:
    made = bootstrap(store, clock)
    assert made is not None
    assert bootstrap(store, clock) is None
    identity = Identity(store, clock)
    await identity.log_in(request("admin", made.admin.password, "admin"))
    identity.close()


async def test_a_lost_password_can_be_replaced(store: Store, clock: HandClock) -> None:
    assert bootstrap(store, clock) is not None
    fresh = reset_password(store, clock, "admin")
    identity = Identity(store, clock)
    await identity.log_in(request("admin", fresh, "admin"))
    identity.close()
    with pytest.raises(NotFound):
        reset_password(store, clock, "nobody")


async def test_a_hash_of_older_parameters_is_renewed_at_login(store: Store, clock: HandClock) -> None:
    made = bootstrap(store, clock, hash_time_cost=1, hash_memory_kib=8)
    assert made is not None
    identity = Identity(store, clock, IdentitySettings(hash_time_cost=1, hash_memory_kib=16))
    token, info = await identity.log_in(request("demo", made.demo.password, "demo"))

    from berthline.domain.ids import RequestId
    from berthline.store.identity.directory import password_hash

    hashed = store.read_now(lambda connection: password_hash(connection, info.claims.user_id))
    assert hashed is not None
    assert "m=16," in hashed
    assert (await identity.caller(token, RequestId("req-1"))).user_name == "demo"
    await identity.log_in(request("demo", made.demo.password, "demo"))
    identity.close()
