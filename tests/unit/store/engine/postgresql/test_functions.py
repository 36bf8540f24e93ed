"""Functions of the database are those of the code that started last, whatever the schema's revision."""

import pytest
from sqlalchemy import Connection

from berthline.store.engine.migrate import migrate

from .conftest import Open

pytestmark = pytest.mark.postgresql

MADE = (
    "SELECT (SELECT xmin FROM pg_proc WHERE proname = 'comma_list'), "
    "(SELECT xmin FROM pg_trigger WHERE tgname = 'events_to_outbox')"
)
"""By which transactions a function and a trigger were made."""
OTHER = """
COMMENT ON FUNCTION address_text(bytea) IS 'the digest of another text';
CREATE OR REPLACE FUNCTION comma_list(items text[]) RETURNS text LANGUAGE sql AS $$ SELECT 'of another release' $$
"""
LIST = "SELECT comma_list(ARRAY['a', 'b'])"


def test_a_database_whose_functions_are_current_is_left_alone(url: str, opened: Open) -> None:
    store = opened()

    def look(connection: Connection) -> object:
        return connection.exec_driver_sql(MADE).one()

    made = store.read_now(look)
    migrate(url)
    assert store.read_now(look) == made


def test_functions_of_another_text_are_made_anew(url: str, opened: Open) -> None:
    """Another release of the same revision made its own, and noted its text, as each does that starts."""
    store = opened()

    def listed(connection: Connection) -> str:
        return str(connection.exec_driver_sql(LIST).scalar_one())

    assert store.read_now(listed) == "a,b"
    store.write_now(lambda connection: connection.exec_driver_sql(OTHER))
    assert store.read_now(listed) == "of another release"
    migrate(url)
    assert store.read_now(listed) == "a,b"
