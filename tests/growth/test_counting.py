"""The counter counts what SQLite runs, by whatever way it is sent: else the guard would guard nothing."""

from pathlib import Path

from sqlalchemy import text

from bench.counting import counting
from berthline.store import Connection, Store
from berthline.store.engine.migrate import migrate

ADD = "INSERT INTO worker_leases (name, owner, epoch) VALUES (:name, 'o', 0)"


async def test_every_row_and_every_way_is_counted(tmp_path: Path) -> None:
    migrate(tmp_path / "counted.db")

    def by_sqlalchemy(connection: Connection) -> None:
        connection.execute(text(ADD), [{"name": "one"}, {"name": "two"}])

    def by_the_driver(connection: Connection) -> None:
        connection.connection.cursor().execute("SELECT count(*) FROM worker_leases").fetchone()

    def twice(connection: Connection) -> None:
        by_the_driver(connection)
        by_the_driver(connection)

    def set_off_a_trigger(connection: Connection) -> None:
        connection.exec_driver_sql(
            "CREATE TEMP TRIGGER twice AFTER INSERT ON worker_leases WHEN NEW.owner = 'o' BEGIN "
            "INSERT INTO worker_leases (name, owner, epoch) VALUES (NEW.name || '-again', 'p', 0); END"
        )
        connection.execute(text(ADD), [{"name": "three"}, {"name": "four"}])

    with counting() as counter:
        store = Store(tmp_path / "counted.db", durable=False)
        try:
            await store.write(by_sqlalchemy)
            assert (len(counter.statements), counter.commits) == (2, 1)
            counter.reset()
            await store.read(by_the_driver)
            assert (len(counter.statements), counter.commits) == (1, 0)
            counter.reset()
            await store.read(twice)
            assert len(counter.statements) == 2
            await store.write(set_off_a_trigger)
            writes = [statement for statement in counter.statements if statement.startswith("INSERT")]
            assert len(writes) == 2
        finally:
            store.close()
