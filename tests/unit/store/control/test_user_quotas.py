"""Quotas of one user: beside the project's, exact while others take, and gone with the project."""

import asyncio

import pytest

from berthline.domain.errors import InvalidInput, OverQuota
from berthline.store import Connection, Store
from berthline.store.control import quotas, user_quotas
from berthline.store.tables.placing import server_groups


def _add_group(connection: Connection, name: str, user_id: str) -> None:
    values = {"id": name, "project_id": "p", "user_id": user_id, "name": name, "policy": "affinity", "created_at": 1}
    connection.execute(server_groups.insert(), values)
    quotas.take(connection, "p", {"server_groups": 1})
    user_quotas.check(connection, "p", user_id, ("server_groups",))


async def test_as_many_as_the_user_may_have_are_made_at_once(store: Store) -> None:
    store.write_now(lambda connection: user_quotas.set_limits(connection, "p", "u", {"server_groups": 3}))

    async def add(name: str, user_id: str) -> bool:
        try:
            await store.write(lambda connection: _add_group(connection, name, user_id))
        except OverQuota:
            return False
        return True

    mine = [add(f"m{number}", "u") for number in range(8)]
    others = [add(f"o{number}", "v") for number in range(4)]
    made = await asyncio.gather(*mine, *others)
    assert (sum(made[:8]), sum(made[8:])) == (3, 4)
    assert store.read_now(lambda connection: user_quotas.used(connection, "p", "u"))["server_groups"] == 3
    assert store.read_now(lambda connection: quotas.used(connection, "p", ["server_groups"])) == {"server_groups": 7}


def test_limits_are_the_user_s_or_the_project_s(store: Store) -> None:
    names = ("cores", "ram")
    store.write_now(lambda connection: quotas.set_limits(connection, "p", {"cores": 9}))
    store.write_now(lambda connection: user_quotas.set_limits(connection, "p", "u", {"ram": 5, "instances": -1}))

    def read(connection: Connection) -> None:
        asked = [user_quotas.limits(connection, "p", user, names) for user in ("u", "v")]
        assert asked == [{"cores": 9, "ram": 5}, {"cores": 9, "ram": 51200}]
        assert user_quotas.given(connection, "p") == {"ram": 5}
        assert user_quotas.left(connection, "p", "u", ("ram", "instances")) == {"ram": 5}
        for user, limited in (("u", True), ("v", False)):
            standing = quotas.left_and_whether_user_has_limits(connection, "p", user, names)
            assert standing == ({"cores": 9, "ram": 51200}, limited)

    store.read_now(read)
    with pytest.raises(InvalidInput):
        store.write_now(lambda connection: user_quotas.set_limits(connection, "p", "u", {"ram": -2}))
