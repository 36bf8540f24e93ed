"""The counter counts what SQLite runs, by whatever way it is sent: else the guard would guard nothing."""

from pathlib import Path

from sqlalchemy import text

from bench.counting import counting
from berthline.store import Connection, Store
from berthline.store.migrate import migrate

ADD = "INSERT INTO worker_leases (name, owner, until) VALUES (:name, 'o', 0)"


async def test_every_row_and_every_way_is_counted(tmp_path: Path) -> None:
    migrate(tmp_path / "counted.db")

    def by_sqlalchemy(connection: Connection) -> None:
        connection.execute(text(ADD), [{"name": "one"}, {"name": "two"}])

    def by_the_driver(connection: Connection) -> None:
        connection.connection.cursor().execute("SELECT count(*) FROM worker_leases").fetchone()

    with counting() as counter:
        store = Store(tmp_path / "counted.db", durable=False)
        try:
            await store.write(by_sqlalchemy)
            assert (len(counter.statements), counter.commits) == (2, 1)
            counter.reset()
            await store.read(by_the_driver)
            assert (len(counter.statements), counter.commits) == (1, 0)
        finally:
            store.close()
