"""A revision that was released never changes, and a database of each one is brought to the newest."""

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import pytest

from berthline.domain.identity import BUILT_IN
from berthline.domain.start import StartRefused
from berthline.store import Store
from berthline.store.control.leaks import stored_leaks
from berthline.store.engine import migrate as migrating
from berthline.store.engine.migrate import migrate, statements_of
from berthline.store.engine.revisions import HEAD, known_revisions

VERSIONS: Final = Path(migrating.__file__).parents[1] / "migrations" / "versions"
DATABASES: Final = Path(__file__).parent / "databases"
FROZEN: Final = {
    "0001": "64254e83ce568bc42a8e70a9b8e3a80ef84b3d4513f16e68e3a878123e35f51b",
    "0002": "b8b62522f6b12a21277d0375f4768db8ca20575998af33187dfe4a587e3dd72f",
    "0003": "7604f58e8af2cb28287398a311b0c1787c3bbeee63ed2bae069d928c19faca32",
    "0004": "9b75b1ba01522526f73b0a32b7a6d66ea3fb8250f515b0feecb7eba9aa0d3b81",
}
"""SHA-256 of the file of each revision that a release had. What a change needs is a new revision."""
RELEASED: Final = tuple(sorted(FROZEN))
FORGOTTEN: Final = {"0001": {"idempotency_keys": 0}}
"""Keys live for a day; those of 0001 do not say whose they are, and their answers hold passwords in clear."""

_ROLES: Final = {"roles": 2, "implied_roles": 2}
_POLICIES: Final = {"quota_usage": 1}
GAINED: Final = {
    "0001": _ROLES | _POLICIES,
    "0002": _ROLES | _POLICIES,
    "0003": _ROLES | _POLICIES,
    "0004": _POLICIES,
}
"""The roles manager and service, and that admin implies the one, which implies member; 0004 has them. A counter of RBAC
policies, as the external network has one.
"""


def released(revision: str, path: Path) -> Path:
    """The database that this revision's own code made, with rows in every table."""
    with closing(sqlite3.connect(path)) as made:
        made.executescript((DATABASES / f"{revision}.sql").read_text(encoding="utf-8"))
    return path


def rows_of(path: Path) -> dict[str, int]:
    """How many rows each table has."""
    with closing(sqlite3.connect(path)) as opened:
        names = [row[0] for row in opened.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: opened.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in names}  # noqa: S608


def test_a_released_revision_is_never_changed() -> None:
    found = {
        revision: hashlib.sha256(file.read_bytes()).hexdigest()
        for revision in RELEASED
        for file in VERSIONS.glob(f"{revision}_*.py")
    }
    assert found == FROZEN, "write a new revision; this one is in databases that are in use"


def test_every_revision_before_the_newest_is_frozen_and_has_its_database() -> None:
    assert known_revisions()[-1] == HEAD
    assert set(known_revisions()) - {HEAD} <= set(RELEASED)
    assert {one.stem for one in DATABASES.glob("*.sql")} == set(RELEASED)


@pytest.mark.parametrize("revision", RELEASED)
def test_its_database_has_rows_in_every_table(revision: str, tmp_path: Path) -> None:
    counted = rows_of(released(revision, tmp_path / "old.db"))
    assert len(counted) > 30
    assert [name for name, count in counted.items() if not count] == []


@pytest.mark.parametrize("revision", RELEASED)
def test_its_database_is_brought_to_the_newest(revision: str, tmp_path: Path) -> None:
    path = released(revision, tmp_path / "berthline.db")
    before = rows_of(path)
    migrate(path)
    after = rows_of(path)
    gained = GAINED.get(revision, {})
    kept = {name: count + gained.get(name, 0) for name, count in before.items()} | FORGOTTEN.get(revision, {})
    assert {name: after.get(name) for name in before} == kept, "an upgrade loses no row"
    migrate(tmp_path / "new.db")
    assert statements(path) == statements(tmp_path / "new.db")
    with closing(sqlite3.connect(path)) as opened:
        assert opened.execute("PRAGMA foreign_key_check").fetchall() == []
        assert opened.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    store = Store(path, durable=False)
    try:
        assert store.read_now(stored_leaks) == ()
    finally:
        store.close()


def test_what_roles_imply_by_the_code_of_0001_is_written_down(tmp_path: Path) -> None:
    path = released("0001", tmp_path / "berthline.db")
    _spoil(path, "INSERT INTO roles (id, name, domain_id) VALUES ('of-a-domain', 'admin', 'default')")
    migrate(path)
    asked = (
        "SELECT prior.name, prior.domain_id, implied.name FROM implied_roles"
        " JOIN roles AS prior ON prior.id = prior_role_id JOIN roles AS implied ON implied.id = implied_role_id"
        " ORDER BY prior.name, implied.name"
    )
    with closing(sqlite3.connect(path)) as opened:
        assert opened.execute(asked).fetchall() == [
            ("admin", None, "manager"),
            ("admin", None, "member"),
            ("admin", None, "reader"),
            ("manager", None, "member"),
            ("member", None, "reader"),
        ]


@pytest.mark.parametrize("revision", RELEASED)
def test_what_was_for_all_is_so_by_policies(revision: str, tmp_path: Path) -> None:
    path = released(revision, tmp_path / "berthline.db")
    with closing(sqlite3.connect(path)) as opened, opened:
        own = opened.execute("UPDATE networks SET shared = 1 WHERE name = 'own' RETURNING id, project_id").fetchone()
        outside = opened.execute("SELECT id, project_id FROM networks WHERE external").fetchone()
    migrate(path)
    with closing(sqlite3.connect(path)) as opened:
        said = "SELECT network_id, project_id, object_id, object_type, action, target_project FROM rbac_policies"
        assert set(opened.execute(said).fetchall()) == {
            (*own, own[0], "network", "access_as_shared", "*"),
            (*outside, outside[0], "network", "access_as_external", "*"),
        }


def test_a_nic_says_again_whose_it_is(tmp_path: Path) -> None:
    path = released("0001", tmp_path / "berthline.db")
    asked = "SELECT p.device_id = n.server_id, p.device_owner FROM ports p JOIN server_nics n ON n.port_id = p.id"
    with closing(sqlite3.connect(path)) as opened:
        before = opened.execute(asked).fetchall()
    _spoil(path, "UPDATE ports SET device_id = '', device_owner = '' WHERE id IN (SELECT port_id FROM server_nics)")
    migrate(path)
    with closing(sqlite3.connect(path)) as opened:
        assert opened.execute(asked).fetchall() == before
    assert before
    assert {own for own, _ in before} == {1}


def test_swap_counts_on_hosts_from_now_on(tmp_path: Path) -> None:
    path = released("0001", tmp_path / "berthline.db")
    used = "SELECT sum(disk_gb_used) FROM hosts"
    placed = "SELECT count(*) FROM servers WHERE host IS NOT NULL AND deleted_at IS NULL"
    with closing(sqlite3.connect(path)) as opened:
        (before,), (servers,) = opened.execute(used).fetchone(), opened.execute(placed).fetchone()
    _spoil(path, "UPDATE servers SET flavor = json_set(flavor, '$.swap', 1025)")
    migrate(path)
    with closing(sqlite3.connect(path)) as opened:
        assert opened.execute(used).fetchone() == (before + 2 * servers,)
    assert servers
    store = Store(path, durable=False)
    try:
        assert store.read_now(stored_leaks) == ()
    finally:
        store.close()


def test_an_upgrade_keeps_a_copy_of_what_was(tmp_path: Path) -> None:
    path = released("0001", tmp_path / "berthline.db")
    before = rows_of(path)
    migrate(path)
    kept = tmp_path / "berthline.db.0001"
    assert rows_of(kept) == before
    assert kept.stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(kept)) as opened:
        assert opened.execute("SELECT version_num FROM alembic_version").fetchall() == [("0001",)]


def _spoil(path: Path, *statements: str) -> bytes:
    with closing(sqlite3.connect(path)) as opened:
        for statement in statements:
            opened.execute(statement)
        opened.commit()
    return path.read_bytes()


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("ALTER TABLE ports ADD COLUMN of_old TEXT", "table ports differs"),
        ("DROP TABLE auto_allocated_topologies", "table auto_allocated_topologies is missing"),
        ("DROP INDEX ix_servers_host", "index ix_servers_host is missing"),
        ("CREATE TABLE drafts (id INTEGER)", "table drafts is not known"),
        ("UPDATE alembic_version SET version_num = '9999'", "revision 9999, which this release does not know"),
        (
            "UPDATE alembic_version SET version_num = 'of a fork'",
            "revision of a fork, which this release does not know",
        ),
        ("DELETE FROM alembic_version", "none that Berthline made"),
    ],
)
@pytest.mark.parametrize("revision", [*RELEASED, HEAD])
def test_what_only_says_that_it_is_of_a_revision_is_refused(
    revision: str, statement: str, told: str, tmp_path: Path
) -> None:
    path = tmp_path / "berthline.db"
    if revision == HEAD:
        migrate(path)
    else:
        released(revision, path)
    before = _spoil(path, statement)
    with pytest.raises(StartRefused) as refused:
        migrate(path)
    assert told in refused.value.message
    assert str(path) in refused.value.message
    assert "\n" not in refused.value.message
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["berthline.db"]


def test_an_upgrade_that_would_leave_rows_astray_is_undone(tmp_path: Path) -> None:
    path = released("0001", tmp_path / "berthline.db")
    _spoil(path, "DELETE FROM servers WHERE name = 'running'")
    with pytest.raises(StartRefused, match="rows refer to what is not there"):
        migrate(path)
    with closing(sqlite3.connect(path)) as opened:
        assert opened.execute("SELECT version_num FROM alembic_version").fetchall() == [("0001",)]
    assert {*statements(path)} == {*statements_of("0001")}


@pytest.mark.parametrize("content", [b"no database at all" * 300, b"SQLite format 3\0" + b"\xff" * 4080])
def test_what_is_no_database_is_refused_and_kept(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "berthline.db"
    path.write_bytes(content)
    with pytest.raises(StartRefused, match=str(path)):
        migrate(path)
    assert path.read_bytes() == content


def statements(path: Path) -> list[Any]:
    """What SQLite itself says that the file holds."""
    asked = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND type != 'trigger' AND name NOT LIKE 'sqlite%'"
    with closing(sqlite3.connect(path)) as opened:
        return sorted(row[0] for row in opened.execute(asked))


@pytest.mark.parametrize("there_already", [False, True])
def test_a_cloud_that_is_upgraded_has_the_roles_of_a_new_one(there_already: bool, tmp_path: Path) -> None:
    """A role of the name that an operator made before is taken as it is; one of a domain is another one."""
    path = released("0003", tmp_path / "berthline.db")
    with closing(sqlite3.connect(path)) as opened, opened:
        opened.execute("INSERT INTO roles (id, name, domain_id) SELECT 'other', 'service', id FROM domains LIMIT 1")
        if there_already:
            opened.execute("INSERT INTO roles (id, name) VALUES ('mine', 'manager')")
    migrate(path)
    with closing(sqlite3.connect(path)) as opened:
        roles = dict(opened.execute("SELECT name, id FROM roles WHERE domain_id IS NULL"))
        implied = (
            "SELECT p.name, i.name FROM implied_roles JOIN roles p ON p.id = prior_role_id "
            "JOIN roles i ON i.id = implied_role_id WHERE p.domain_id IS NULL"
        )
        said = set(opened.execute(implied))
    assert set(BUILT_IN) <= set(roles)
    assert {(prior, name) for prior, names in BUILT_IN.items() for name in names} <= said
    assert (roles["manager"] == "mine") is there_already
