"""A PostgreSQL that cannot be what the cloud goes by: one line, and nothing is changed, there or in the folder."""

import asyncio
import contextlib
import itertools
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import quote

import msgspec
import pytest

from berthline.bootstrap.cloud import running_cloud
from berthline.bootstrap.database import folder_of
from berthline.bootstrap.process import Role
from berthline.config import Simulated
from berthline.domain.ids import PortId
from berthline.domain.start import StartRefused
from berthline.localhost.postgresql import Postgresql
from berthline.store.control.cloud import cloud_id
from berthline.store.engine.migrate import migrate
from tests.databases import PostgresqlDatabases

from .test_cloud import all_ended, boot, settings, settled, user_of
from .test_ownership import contents

pytestmark = pytest.mark.postgresql
SECRET = "s3cr@t/%"


@pytest.fixture
def url(postgresql: PostgresqlDatabases) -> Iterator[str]:
    """A database without tables."""
    made = postgresql.blank()
    yield made
    postgresql.drop(made)


another = url


async def refused(folder: Path, url: str, **more: str) -> str:
    """What a start says; it is one line, and leaves only a lock in a new folder."""
    before = sorted(path.name for path in folder.glob("*"))
    with pytest.raises(StartRefused) as told:
        async with running_cloud(msgspec.structs.replace(settings(folder), database=url, **more), durable=False):
            pass
    assert "\n" not in told.value.message
    assert {path.name for path in folder.glob("*")} <= {*before, "lock"}
    return told.value.message


def dump(cluster: Postgresql, url: str) -> str:
    """The tables of a database and how many rows each has."""
    asked = "SELECT relname, reltuples FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY 1"
    return cluster.sql("ANALYZE", asked, database=name_of(url))


def name_of(url: str) -> str:
    return url.partition("?")[0].rpartition("/")[2]


async def test_one_that_does_not_answer(tmp_path: Path, postgresql: PostgresqlDatabases) -> None:
    nobody = postgresql.cluster.url("cloud").replace(f"port={postgresql.cluster.port}", "port=1")
    assert "no connection to it can be made" in await refused(tmp_path / "a", nobody)
    assert "no connection to it can be made" in await refused(tmp_path / "b", "postgresql://u@127.0.0.1:1/cloud")
    assert 'database "nothing" does not exist' in await refused(tmp_path / "c", postgresql.cluster.url("nothing"))


async def test_one_that_does_not_let_us_in_is_not_told_the_password(
    tmp_path: Path, postgresql: PostgresqlDatabases, url: str
) -> None:
    cluster = postgresql.cluster
    cluster.sql(f"CREATE ROLE visitor LOGIN PASSWORD '{SECRET}'")
    (tmp_path / "right").write_text(f"{SECRET}\n")
    (tmp_path / "wrong").write_text("wr0ng@/%")
    here = cluster.tcp_url(name_of(url), user="visitor")
    told = await refused(tmp_path / "a", here, database_password_file=str(tmp_path / "wrong"))
    assert told.startswith(f"postgresql://127.0.0.1:{cluster.port}/{name_of(url)} cannot be used as a database")
    assert "password authentication failed" in told
    assert "wr0ng" not in told
    # with the right one it is let in, and may not make tables
    told = await refused(tmp_path / "b", here, database_password_file=str(tmp_path / "right"))
    assert "permission denied" in told
    assert SECRET not in told
    written = here.replace("visitor@", f"visitor:{quote(SECRET, safe='')}@")
    assert "permission denied" in await refused(tmp_path / "c", written)
    cluster.sql("DROP ROLE visitor")


async def test_a_password_that_cannot_be_read(tmp_path: Path, url: str) -> None:
    told = await refused(tmp_path / "a", url, database_password_file=str(tmp_path / "none"))
    assert (
        told == f"database_password_file {tmp_path}/none cannot be read: No such file or directory; see to its rights"
    )
    (tmp_path / "empty").write_text("\n")
    told = await refused(tmp_path / "a", url, database_password_file=str(tmp_path / "empty"))
    assert "has to hold a password, in one line" in told


def test_the_password_of_a_folders_database_is_shown_to_nobody(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(SECRET)
    wanted = msgspec.structs.replace(
        settings(tmp_path), database="postgresql://u@h/cloud", database_password_file=str(tmp_path / "secret")
    )
    folder = folder_of(wanted)
    assert quote(SECRET, safe="") in str(folder.database)
    for shown in (repr(folder), str(folder), folder.database_told, repr(wanted)):
        assert SECRET not in shown
        assert quote(SECRET, safe="") not in shown


async def test_tables_that_are_not_ours(tmp_path: Path, postgresql: PostgresqlDatabases, url: str) -> None:
    cluster = postgresql.cluster
    cluster.sql("CREATE TABLE somebodys (n int)", "INSERT INTO somebodys VALUES (1)", database=name_of(url))
    before = dump(cluster, url)
    assert "has tables, and none that Berthline made" in await refused(tmp_path, url)
    assert dump(cluster, url) == before


async def test_a_schema_of_another_release(tmp_path: Path, postgresql: PostgresqlDatabases, url: str) -> None:
    migrate(url)
    cluster = postgresql.cluster
    cluster.sql("UPDATE alembic_version SET version_num = '9999'", database=name_of(url))
    before = dump(cluster, url)
    assert "has the schema of revision 9999, which this release does not know" in await refused(tmp_path, url)
    assert dump(cluster, url) == before


async def test_a_copy_that_follows_another_server(tmp_path: Path, postgresql: PostgresqlDatabases) -> None:
    with postgresql.own_cluster() as cluster:
        migrate(cluster.url())
        standby = cluster.standby(cluster.folder.with_name("standby"))
        try:
            standby.start()
            assert "it may not be written" in await refused(tmp_path, standby.url())
        finally:
            standby.remove()


@contextlib.asynccontextmanager
async def said_otherwise(cluster: Postgresql, truth: bytes, lie: bytes) -> AsyncIterator[int]:
    """A port at which the server answers, with one word in another's place; both are as long."""

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, as_it_is: bool) -> None:
        with contextlib.suppress(ConnectionError):
            while read := await reader.read(65536):
                writer.write(read if as_it_is else read.replace(truth, lie))
                await writer.drain()
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        socket = cluster.folder / f".s.PGSQL.{cluster.port}"
        answers, asks = await asyncio.open_unix_connection(str(socket))
        passing.append(asyncio.ensure_future(pass_on(reader, asks, as_it_is=True)))
        passing.append(asyncio.ensure_future(pass_on(answers, writer, as_it_is=False)))

    passing: list[asyncio.Future[None]] = []
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
    await asyncio.gather(*passing)


async def test_one_that_is_too_old(tmp_path: Path, postgresql: PostgresqlDatabases, url: str) -> None:
    version = postgresql.cluster.sql("SHOW server_version_num").encode()
    older = re.sub(rb"^\d\d", b"12", version)
    async with said_otherwise(postgresql.cluster, version, older) as port:
        here = f"postgresql://postgres@127.0.0.1:{port}/{name_of(url)}?sslmode=disable&gssencmode=disable"
        told = await asyncio.to_thread(asyncio.run, refused(tmp_path, here))
    assert "is a PostgreSQL 12: Berthline needs" in told
    assert dump(postgresql.cluster, url) == ""


async def test_a_file_beside_it_is_not_forgotten(tmp_path: Path, url: str) -> None:
    (tmp_path / "berthline.db").touch()
    assert f"{tmp_path}/berthline.db is there, and the setting database names" in await refused(tmp_path, url)


def standing(cluster: Postgresql, url: str) -> str:
    """Whose the database is, who works on it, who has which host, and who may log in."""
    asked = (
        "SELECT * FROM cloud",
        "SELECT id, epoch FROM workers",
        "SELECT name, owner, owner_epoch FROM hosts ORDER BY name",
        "SELECT name, owner, epoch FROM worker_leases ORDER BY name",
        "SELECT id, password_hash FROM users ORDER BY id",
    )
    return cluster.sql(*asked, database=name_of(url))


async def test_two_clouds_cannot_have_one_database(
    tmp_path: Path, postgresql: PostgresqlDatabases, url: str, another: str
) -> None:
    """The second is set to the database of the first, which runs: with a folder of its own, and with a new one."""
    first, second, new = (tmp_path / name for name in ("first", "second", "new"))
    elsewhere = msgspec.structs.replace(settings(second), database=another)
    async with running_cloud(elsewhere, durable=False) as cloud:
        other = await cloud.services.store.read(cloud_id)
    meant = msgspec.structs.replace(settings(first), database=url)
    async with running_cloud(meant, durable=False) as cloud:
        own = await cloud.services.store.read(cloud_id)
        before = await asyncio.to_thread(standing, postgresql.cluster, url)
        roles: tuple[Role, ...] = ("up", "api", "worker")
        for role, (folder, named) in itertools.product(roles, ((second, (own, other)), (new, (own,)))):
            files = contents(folder)
            wrong = msgspec.structs.replace(meant, data=str(folder), simulated=Simulated(world="127.0.0.1:1"))
            with pytest.raises(StartRefused) as told:
                async with running_cloud(wrong, role=role, durable=False):
                    pass
            assert "\n" not in told.value.message
            assert [name for name in named if str(name) not in told.value.message] == []
            assert f"{folder}/images" in told.value.message
            assert contents(folder) == files
        assert await asyncio.to_thread(standing, postgresql.cluster, url) == before


async def test_a_simulated_cloud_begins_while_the_process_before_still_has_its_leases(
    tmp_path: Path, postgresql: PostgresqlDatabases, url: str
) -> None:
    """That one was killed. What is simulated in this process is filled when the lease of who projects is this one's."""
    meant = msgspec.structs.replace(settings(tmp_path), database=url)
    async with running_cloud(meant, durable=False) as cloud, user_of(cloud) as client:
        await boot(cloud, client, 2)
        assert await all_ended(client) == ["ACTIVE"] * 2
        await settled(cloud)
    until = "CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint) + 3000000"
    postgresql.cluster.sql(
        "INSERT INTO workers (id, epoch, name, drives, joined_at, until) "
        f"SELECT 'of before', 1, 'quay', true, 1, {until}",
        "UPDATE worker_leases SET owner = 'of before'",
        "UPDATE hosts SET owner = 'of before'",
        database=name_of(url),
    )
    async with running_cloud(meant, durable=False) as cloud, user_of(cloud) as client:
        report = await cloud.examine()
        assert (report.leaks, report.silent) == ((), ())
        ports = (await client.get("/network/v2.0/ports?device_owner=compute:nova")).json()["ports"]
        states = await cloud.outside.dataplane.port_states([PortId(port["id"]) for port in ports])
        assert [state.up for state in states.values()] == [True, True]
