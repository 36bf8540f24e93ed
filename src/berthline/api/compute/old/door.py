"""What every door of old starts from: the microversion up to which it is there, and the services behind it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from berthline.api.compute.context import Context, no_such_route
from berthline.api.frame import ApiRequest
from berthline.domain.errors import BadRequest, Conflict, Forbidden, NotFound, OverQuota
from berthline.network.local import LocalNetworkService

LAST: Final = 35
"""The last microversion of most: from 2.36 on the APIs behind them are to be asked."""


def through(request: ApiRequest, last: int = LAST) -> Context:
    """The context of a request that speaks at most microversion 2.``last``. Raises NotFound from the next one on."""
    context = Context.of(request)
    if context.since(last + 1):
        no_such_route()
    return context


def networks_of(context: Context) -> LocalNetworkService:
    """The network service behind the doors. Raises NotFound, saying where networks are, when a Neutron has them."""
    if place := context.services.elsewhere.get("network"):
        raise NotFound(f"The networks of this cloud are not here but at {place.url}, as its catalogue says.")
    return context.services.network


@contextmanager
def conflicts_as(refusal: type[BadRequest | Forbidden | NotFound]) -> Iterator[None]:
    """What Neutron answers by 409 is another status here, as Nova has it: a quota that is full is always 403."""
    try:
        yield
    except OverQuota as error:
        raise Forbidden(error.message) from None
    except Conflict as error:
        raise refusal(error.message) from None
