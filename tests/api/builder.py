"""A cloud for API tests: the whole application over a real store, with an admin, two projects and their users."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy
from litestar import Litestar

from berthline.api.app import create_app
from berthline.api.frame import Services
from berthline.identity import Identity, IdentitySettings, bootstrap
from berthline.images import Images, ImageSettings
from berthline.images.downloads import Downloader
from berthline.images.stores.folder import FolderStore
from berthline.reconcile.leaks import Report
from berthline.store import Connection, Store
from berthline.store.engine.database import notify
from berthline.store.engine.versions import STANDINGS_TOPIC
from berthline.store.tables import metadata
from berthline.store.tables.control import events

URL = "http://cloud.test"
START = 1_800_000_000_000_000
"""Microseconds since the epoch at which every test begins."""


class HandClock:
    """A clock that tests own: it moves by a microsecond each time it is read, and else only by ``advance``."""

    def __init__(self) -> None:
        self._now = START

    def now(self) -> int:
        self._now += 1
        return self._now

    def advance(self, seconds: float) -> None:
        self._now += int(seconds * 1_000_000)


_at_rest: list[Litestar] = []
"""Applications of clouds that are closed. One knows nothing of its cloud but by its state, and making one takes longer
than most tests."""


def application(services: Services) -> Litestar:
    """An application over ``services``: one that was made for a cloud that is closed, or a new one."""
    if not _at_rest:
        return create_app(services)
    app = _at_rest.pop()
    app.state["services"] = services
    return app


@dataclass(frozen=True)
class Person:
    """A user of the test cloud and the project it works in."""

    name: str
    password: str
    user_id: str
    project: str
    project_id: str


@dataclass
class Cloud:
    """``people``: admin, red-member, red-reader, blue-member, blue-reader; red and blue are projects."""

    app: Litestar
    services: Services
    clock: HandClock
    people: dict[str, Person] = field(default_factory=dict)
    roles: dict[str, str] = field(default_factory=dict)
    _clients: list[httpx.AsyncClient] = field(default_factory=list)

    def anonymous(self, **headers: str) -> httpx.AsyncClient:
        """A client without a token."""
        app: Any = self.app  # Litestar types the messages of ASGI more narrowly than httpx
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        client = httpx.AsyncClient(transport=transport, base_url=URL, headers=headers)
        self._clients.append(client)
        return client

    async def token_for(self, name: str) -> str:
        """A new token of this person, scoped to the person's project."""
        person = self.people[name]
        answer = await self.anonymous().post(
            "/identity/v3/auth/tokens",
            json=login(person.name, person.password, scope={"project": {"id": person.project_id}}),
        )
        assert answer.status_code == 201, answer.text
        return answer.headers["x-subject-token"]

    async def client_for(self, name: str) -> httpx.AsyncClient:
        """A client that sends a token of this person."""
        return self.anonymous(**{"x-auth-token": await self.token_for(name)})

    async def close(self) -> None:
        for client in self._clients:
            await client.aclose()
        self.services.identity.close()
        self.services.images.close()
        _at_rest.append(self.app)


Rows = dict[str, list[dict[str, Any]]]
"""The rows of each table."""


def rows_of(store: Store) -> Rows:
    """Everything in a database, in the order in which it can be put into another."""
    return store.read_now(
        lambda connection: {
            table.name: [dict(row) for row in connection.execute(sqlalchemy.select(table)).mappings()]
            for table in metadata.sorted_tables
        }
    )


@dataclass(frozen=True)
class Furniture:
    """What the first cloud of a run had in its database when its people were there, for those that come after it."""

    rows: Rows
    people: dict[str, Person]
    roles: dict[str, str]
    at: int

    @classmethod
    def of(cls, cloud: Cloud, before: Rows) -> "Furniture":
        """That of a cloud in which nothing else was done yet; ``before``: what was in its database already."""
        rows = {
            name: [row for row in found if row not in before[name]]
            for name, found in rows_of(cloud.services.store).items()
        }
        for event in rows[events.name]:
            del event["sequence"]  # the database counts on from those that it gave itself
        return cls({name: found for name, found in rows.items() if found}, cloud.people, cloud.roles, cloud.clock.now())

    def put_into(self, cloud: Cloud) -> None:
        """Into a cloud without people."""

        def write(connection: Connection) -> None:
            for name, rows in self.rows.items():
                connection.execute(metadata.tables[name].insert(), rows)
            notify(connection, STANDINGS_TOPIC)

        cloud.services.store.write_now(write)
        cloud.people.update(self.people)
        cloud.roles.update(self.roles)
        cloud.clock.advance(max(0, self.at - cloud.clock.now()) / 1_000_000)


_furniture: list[Furniture] = []


def login(name: str, password: str, *, scope: Any = None, domain: str = "default") -> dict[str, Any]:
    """The body of POST /v3/auth/tokens with a password."""
    identity = {
        "methods": ["password"],
        "password": {"user": {"name": name, "domain": {"id": domain}, "password": password}},
    }
    return {"auth": {"identity": identity} if scope is None else {"identity": identity, "scope": scope}}


async def _no_leaks() -> Report:
    return Report(())


async def build_cloud(
    store: Store,
    clock: HandClock,
    folder: Path,
    *,
    network: Any = None,
    compute: Any = None,
    image_settings: ImageSettings | None = None,
    downloader: Downloader | None = None,
) -> Cloud:
    """The application over ``store``, in whose database there is nobody yet, bootstrapped, with its people.

    The first of a run makes them through its own API; the rows that came of it are written as they are for all others.
    """
    identity = Identity(store, clock, IdentitySettings(hash_time_cost=1, hash_memory_kib=8))
    images = Images(store, clock, FolderStore(folder / "images"), image_settings, downloader=downloader)
    await images.start()
    services = Services(
        store=store,
        clock=clock,
        identity=identity,
        images=images,
        network=network,
        compute=compute,
        examine=_no_leaks,
        saga_steps={},
    )
    cloud = Cloud(application(services), services, clock)
    if _furniture:
        _furniture[0].put_into(cloud)
        return cloud
    before = rows_of(store)
    made = bootstrap(store, clock, hash_time_cost=1, hash_memory_kib=8)
    assert made is not None
    await _add_admin(cloud, made.admin.password)
    for project in ("red", "blue"):
        await _add_project(cloud, project)
    _furniture.append(Furniture.of(cloud, before))
    return cloud


async def _add_admin(cloud: Cloud, password: str) -> None:
    scope = {"project": {"name": "admin", "domain": {"id": "default"}}}
    answer = await cloud.anonymous().post("/identity/v3/auth/tokens", json=login("admin", password, scope=scope))
    token = answer.json()["token"]
    cloud.people["admin"] = Person("admin", password, token["user"]["id"], "admin", token["project"]["id"])
    roles = await (await cloud.client_for("admin")).get("/identity/v3/roles")
    cloud.roles.update({role["name"]: role["id"] for role in roles.json()["roles"]})


async def _add_project(cloud: Cloud, project: str) -> None:
    admin = await cloud.client_for("admin")
    answer = await admin.post("/identity/v3/projects", json={"project": {"name": project}})
    project_id = answer.json()["project"]["id"]
    for role in ("member", "reader"):
        name, password = f"{project}-{role}", f"the {role} of {project}"
        answer = await admin.post("/identity/v3/users", json={"user": {"name": name, "password": password}})
        user_id = answer.json()["user"]["id"]
        path = f"/identity/v3/projects/{project_id}/users/{user_id}/roles/{cloud.roles[role]}"
        assert (await admin.put(path)).status_code == 204
        cloud.people[name] = Person(name, password, user_id, project, project_id)
