"""The statement of a list of values does not grow with their number."""

import pytest
from sqlalchemy import ColumnElement, select
from sqlalchemy.dialects import sqlite

from berthline.store.engine.value_lists import FEW, any_tag, every_row, every_tag, one_of
from berthline.store.tables.image import image_tags, images
from berthline.store.tables.network import networks


def text_of(condition: ColumnElement[bool]) -> str:
    statement = select(networks.c.id).where(condition)
    return str(statement.compile(dialect=sqlite.dialect(), compile_kwargs={"render_postcompile": True}))


@pytest.mark.parametrize(
    "condition",
    [
        lambda values: one_of(networks.c.id, values),
        lambda values: any_tag(networks.c.tags, values),
        lambda values: every_tag(networks.c.tags, values),
        lambda values: ~every_tag(networks.c.tags, values),
        lambda values: every_row(image_tags.c.tag, image_tags.c.image_id == images.c.id, values),
    ],
    ids=["one of", "any tag", "every tag", "not every tag", "every row"],
)
def test_thousands_are_one_parameter(condition: object) -> None:
    assert callable(condition)
    few, many = ([f"v{number}" for number in range(count)] for count in (FEW + 1, 5000))
    assert text_of(condition(few)) == text_of(condition(many))
