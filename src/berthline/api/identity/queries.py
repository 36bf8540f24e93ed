"""How lists of identities are chosen from, as Keystone reads a query.

Each list knows its filters. A filter alone is met exactly; with ``__contains``, ``__startswith`` or ``__endswith``
behind its name inexactly, and with an ``i`` before that word without regard to case. ``limit`` and ``marker`` choose a
page. What no filter of the list is called is let pass, as Keystone lets it; what Keystone filters by and this cloud
cannot is refused by name, since a list that is too long would be taken for the right one.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Final, NamedTuple

from berthline.api.frame import ApiRequest
from berthline.api.identity.views import View, collection
from berthline.api.listing import next_url, parse_boolean, parse_limit
from berthline.domain.errors import BadRequest, NotFound

MOST: Final = 20
"""Filters of one request that are met by looking at each row."""
LONGEST: Final = 1000
"""Of a page that was asked for; without ``limit`` a list is whole."""

_COMPARED: Final[Mapping[str, Callable[[str, str], bool]]] = {
    "equals": str.__eq__,
    "contains": str.__contains__,
    "startswith": str.startswith,
    "endswith": str.endswith,
}


class Inexact(NamedTuple):
    """A filter that is met by looking at each row."""

    name: str
    compare: Callable[[str, str], bool]
    value: str
    folded: bool

    def meets(self, view: View) -> bool:
        """Whether the row meets it; one that lacks the attribute does not."""
        found = view.get(self.name)
        if not isinstance(found, str):
            return False
        return self.compare(found.lower() if self.folded else found, self.value)


class Query(NamedTuple):
    """``exact``: columns with the value each must have."""

    exact: dict[str, object]
    inexact: tuple[Inexact, ...]
    limit: int | None
    marker: str | None

    def page(self, request: ApiRequest, noun: str, views: Iterable[View]) -> View:
        """The list, under its noun, of those that meet the other filters; raises NotFound for an unknown marker.

        ``views`` have met the exact ones. A page that is full has a link to the next.
        """
        chosen = [view for view in views if all(each.meets(view) for each in self.inexact)]
        if self.marker is not None:
            places = [place for place, view in enumerate(chosen) if view["id"] == self.marker]
            if not places:
                raise NotFound(f"Marker {self.marker[:64]} could not be found.")
            chosen = chosen[places[0] + 1 :]
        answer = collection(request, noun, chosen if self.limit is None else chosen[: self.limit])
        if self.limit and len(chosen) >= self.limit:
            links = {"next": next_url(request, str(chosen[self.limit - 1]["id"]), self.limit)}
            answer |= {"links": {**_links(answer), **links}, "truncated": True}
        return answer


def read_query(
    request: ApiRequest, *, texts: Collection[str], flags: Collection[str] = (), refused: Collection[str] = ()
) -> Query:
    """The query of a list that filters by ``texts``, and by ``flags``, which are true or false.

    Raises BadRequest for what is ``refused``, a flag or limit that is none, and too many filters.
    """
    given = request.query_params
    if unmet := sorted(refused & given.keys()):
        raise BadRequest(f"this cloud has nothing to choose by in {', '.join(unmet)}: leave it out")
    exact: dict[str, object] = {}
    inexact: list[Inexact] = []
    for name in given:
        values = given.getall(name)
        if name in flags:
            exact[name] = _flag(values[-1])
        elif name in texts:
            exact[name] = values[0]
            inexact += [Inexact(name, str.__eq__, value, folded=False) for value in values[1:]]
        else:
            inexact += [found for value in values if (found := _inexact(name, value, texts))]
    if len(inexact) > MOST:
        raise BadRequest(f"a list is chosen by at most {MOST} filters at once")
    return Query(exact, tuple(inexact), parse_limit(given.get("limit"), LONGEST), given.get("marker") or None)


def is_asked(request: ApiRequest, name: str) -> bool:
    """A flag that names no column, as Keystone reads it: there, and not 0."""
    return request.query_params.get(name, "0") != "0"


def _flag(text: str) -> bool:
    return text == "" or parse_boolean(text)


def _inexact(name: str, value: str, texts: Collection[str]) -> Inexact | None:
    """The filter; None for what is none, such as a comparison that Keystone does not know."""
    column, between, word = name.partition("__")
    if not between or column not in texts:
        return None
    folded = word.startswith("i")
    compare = _COMPARED.get(word.removeprefix("i"))
    return None if compare is None else Inexact(column, compare, value.lower() if folded else value, folded)


def _links(answer: View) -> dict[str, object]:
    links = answer["links"]
    assert isinstance(links, dict)
    return links
