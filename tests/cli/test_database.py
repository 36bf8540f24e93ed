"""`berthline db`: a cloud goes on in another database, with all that it had; what is wrong is said, with status 1."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from berthline.bootstrap.clouds_file import ADMIN_CLOUD
from berthline.cli.client import open_cloud
from tests.databases import PostgresqlDatabases

from .conftest import Starter, Up, berthline

pytestmark = [pytest.mark.postgresql, pytest.mark.slow]


class Named(msgspec.Struct):
    name: str


@pytest.fixture
def url(postgresql: PostgresqlDatabases) -> Iterator[str]:
    made = postgresql.blank()
    yield made
    postgresql.drop(made)


def make_network(cloud: Up, name: str) -> None:
    with open_cloud(cloud.clouds, ADMIN_CLOUD) as admin:
        admin.create("network", "/networks", "network", {"name": name}, Named)


def networks(cloud: Up) -> set[str]:
    with open_cloud(cloud.clouds, ADMIN_CLOUD) as admin:
        return {one.name for one in admin.list("network", "/networks", "networks", Named)}


def said(*words: str, status: int = 0) -> str:
    """What a command says in all, which ends as expected."""
    done = berthline(*words)
    assert done.returncode == status, done.stdout + done.stderr
    if status:
        assert len(done.stderr.splitlines()) <= 1
    return done.stdout + done.stderr


@pytest.mark.sqlite("it begins on a file, and starts PostgreSQL by itself")
def test_a_cloud_moves_to_postgresql_and_back(start: Starter, url: str) -> None:
    cloud = start("--simulated", "1")
    data, file = cloud.data, cloud.data / "berthline.db"
    make_network(cloud, "made-on-a-file")
    there = ("db", "copy", "--from", str(data), "--to", url)
    assert "is in use by process" in said(*there, status=1)
    assert "all is sound" in said("db", "check", "--data", str(data))
    cloud.end()
    assert "rows of" in said(*there)
    assert "is not empty" in said(*there, status=1)
    refused = said("up", "--simulated", "1", "--data", str(data), "--database", url, status=1)
    assert "move the file away" in refused

    file.rename(data / "moved.db")
    cloud = start("--simulated", "1", "--database", url)
    assert "made-on-a-file" in networks(cloud)
    make_network(cloud, "made-on-postgresql")
    assert "all is sound" in said("db", "check", "--data", str(data), "--database", url)
    back = ("db", "copy", "--from", url, "--to", str(data / "back"))
    assert "connections of Berthline: end its processes first" in said(*back, status=1)
    cloud.end()
    said(*back)

    (data / "back" / "berthline.db").rename(file)
    cloud = start("--simulated", "1")
    assert {"made-on-a-file", "made-on-postgresql"} <= networks(cloud)
    cloud.end()


@pytest.mark.sqlite("what it finds was done to a file")
def test_what_a_check_finds_is_said(start: Starter) -> None:
    cloud = start("--simulated", "1")
    make_network(cloud, "one")
    cloud.end()
    with closing(sqlite3.connect(cloud.data / "berthline.db")) as opened:
        opened.execute("UPDATE networks SET project_id = 'nobody'")
        opened.execute("INSERT INTO port_security_groups (port_id, security_group_id) VALUES ('none', 'none')")
        opened.execute("UPDATE sqlite_sequence SET seq = 0")
        opened.commit()
    found = said("db", "check", "--data", str(cloud.data), status=1)
    assert "1 rows of port_security_groups refer by port_id to rows of ports that are not there" in found
    assert "the next row of events would get a number that was given before" in found
    assert "wrong quota count" in found
    assert "something is wrong" in found


def test_what_cannot_be_copied_is_one_line(url: str, tmp_path: Path) -> None:
    nothing = f"{tmp_path}/nothing"
    for words, reason in (
        (("--from", nothing, "--to", url), "is not there: see what --from names"),
        (("--from", "mysql://db/x", "--to", url), "--from is a data folder, or postgresql://"),
        (("--from", url, "--to", "postgresql://u:s3cret@db/x"), "seen by everybody"),
        (("--from", url, "--to", "postgresql://u:s3cret%zz@db/x"), "a % is not followed"),
        (("--from", url, "--to", nothing), "has no cloud that could be copied"),
        (("--from", url, "--to", nothing, "--to-password-file", "x"), "a data folder has no password"),
        (("--from", url, "--from-password-file", nothing, "--to", nothing), "cannot be read: No such file"),
    ):
        told = said("db", "copy", *words, status=1)
        assert reason in told
        assert "s3cret" not in told
    assert "has no cloud" in said("db", "check", "--data", nothing, status=1)
    assert "has no cloud" in said("db", "check", "--data", nothing, "--database", url, status=1)
