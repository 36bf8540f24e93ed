"""The revisions of the schema: which there are, which one a database has, and what Alembic needs to go between them."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, inspect, text

from berthline.store.tables import control, network

if TYPE_CHECKING:
    from alembic.config import Config  # Alembic is imported only where it is needed: start-up must be quick

HEAD: Final = "0005"
"""The newest revision in migrations/versions; a test holds it to what Alembic finds there."""
TRIGGERS: Final = (*control.TRIGGERS, *network.TRIGGERS)
MIGRATIONS: Final = Path(__file__).parents[1] / "migrations"


def known_revisions() -> tuple[str, ...]:
    """Every revision that this code can read, oldest first."""
    return tuple(sorted(one.name[:4] for one in (MIGRATIONS / "versions").glob("[0-9]*_*.py")))


def current_revision(connection: Connection) -> str | None:
    """The revision the database says it has; None for an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return revision


def alembic_config(connection: Connection) -> "Config":
    """What Alembic needs to run migrations on the connection, in the transaction that is open."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def unknown_revision(where: object, revision: str, known: tuple[str, ...]) -> str:
    """The one line on a database that a release made which this one does not know."""
    return (
        f"{where} has the schema of revision {revision[:64]}, which this release does not know: it knows "
        f"{known[0]} to {known[-1]}; start it with the release that wrote it, or a newer one"
    )
