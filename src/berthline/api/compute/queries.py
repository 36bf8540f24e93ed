"""Query parameters by microversion: each list says what Nova's schemas say of its own, and one place reads them.

A parameter that the schema knows is honoured. One that it does not know is ignored, as Nova does, until the
microversion from which Nova refuses it by name.
"""

import re
from collections.abc import Mapping
from typing import Final

import msgspec

from berthline.api.compute.context import Context
from berthline.domain.errors import BadRequest

MOST: Final = 1000
"""The most items of one page: Nova's max_limit."""

_LONGEST_NUMBER: Final = 18


class QuerySchema(msgspec.Struct, frozen=True, kw_only=True):
    """What one request of Nova's may have in its query.

    ``known``: each parameter, and the microversion that brought it. ``strict_since``: the microversion from which
    others are refused; None: never. ``once_since``: the microversion from which each is given at most once.
    ``patterns`` are regular expressions, whether the caller may use them or not.
    """

    known: Mapping[str, int] = {}
    patterns: frozenset[str] = frozenset()
    strict_since: int | None = None
    once_since: int | None = None


class Query(msgspec.Struct, frozen=True):
    """The parameters of a request that its microversion knows, each with all its values in order."""

    values: Mapping[str, tuple[str, ...]]

    def get(self, name: str) -> str | None:
        """The value of a parameter; of several the last, as Nova reads them."""
        return self.values[name][-1] if name in self.values else None

    @property
    def limit(self) -> int:
        """How many items are wanted, at most ``MOST``."""
        text = self.get("limit")
        return MOST if text is None or len(text) > _LONGEST_NUMBER else min(int(text), MOST)

    @property
    def marker(self) -> str | None:
        """The item after which the page begins."""
        return self.get("marker") or None


def read_query(context: Context, schema: QuerySchema) -> Query:
    """The query, judged by its schema. Raises BadRequest for what is unknown or repeated, and a limit that is none."""
    sent = context.request.query_params
    found: dict[str, tuple[str, ...]] = {}
    for name in dict.fromkeys(sent):
        since = schema.known.get(name)
        if since is not None and context.since(since):
            found[name] = tuple(sent.getall(name))
        elif schema.strict_since is not None and context.since(schema.strict_since):
            raise BadRequest(
                f"Invalid input for query parameters {name[:64]}. Additional properties are not allowed "
                f"('{name[:64]}' was unexpected)"
            )
    if schema.once_since is not None and context.since(schema.once_since):
        for name, texts in found.items():
            if len(texts) > 1:
                raise BadRequest(
                    f"Invalid input for query parameters {name}. It is given {len(texts)} times, and may be once."
                )
    for name in schema.patterns & found.keys():
        for text in found[name]:
            _check_pattern(name, text)
    for name in ("limit", "offset"):
        for text in found.get(name, ()):
            if not (text.isascii() and text.isdecimal()) or (name == "offset" and len(text) > _LONGEST_NUMBER):
                raise BadRequest(
                    f"Invalid input for query parameters {name}. Value: {text[:32]}. It is no natural number."
                )
    return Query(found)


def _check_pattern(name: str, text: str) -> None:
    """Raise BadRequest for what is no regular expression. It is not run: whoever runs one makes sure that it ends."""
    try:
        re.compile(text)
    except (re.error, OverflowError, RecursionError):
        raise BadRequest(f"Invalid input for query parameters {name}. Value: {text[:64]}. It is no pattern.") from None
