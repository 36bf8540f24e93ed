"""Flavors as Nova writes them."""

from typing import Any, Final

from berthline.api.compute.context import Context
from berthline.domain.compute import Flavor

LEAN_SINCE: Final = 102
"""From here on flavors are without ``rxtx_factor``, which is never heeded, and without a word for disabled ones."""


def embedded_flavor(context: Context, flavor: Flavor) -> dict[str, Any]:
    """The flavor within a server: a link, or from 2.47 the values that the server was made with."""
    if not context.since(47):
        link = {"rel": "bookmark", "href": context.bookmark(f"/flavors/{flavor.id}")}
        return {"id": flavor.id, "links": [link]}
    return {
        "vcpus": flavor.vcpus,
        "ram": flavor.ram,
        "disk": flavor.disk,
        "ephemeral": flavor.ephemeral,
        "swap": flavor.swap,
        "original_name": flavor.name,
        "extra_specs": flavor.extra_specs,
    }


def flavor_summary(context: Context, flavor: Flavor) -> dict[str, Any]:
    """One line of GET /flavors."""
    view: dict[str, Any] = {
        "id": flavor.id,
        "name": flavor.name,
        "links": context.links(f"/flavors/{flavor.id}"),
    }
    if context.since(55):
        view["description"] = flavor.description
    return view


def flavor_detail(context: Context, flavor: Flavor) -> dict[str, Any]:
    """A flavor in full. Before 2.75 no swap is an empty string, as Nova has always written it."""
    view = flavor_summary(context, flavor) | {
        "ram": flavor.ram,
        "disk": flavor.disk,
        "swap": flavor.swap if flavor.swap or context.since(75) else "",
        "OS-FLV-EXT-DATA:ephemeral": flavor.ephemeral,
        "vcpus": flavor.vcpus,
        "os-flavor-access:is_public": flavor.is_public,
    }
    if not context.since(LEAN_SINCE):
        view |= {"OS-FLV-DISABLED:disabled": flavor.disabled, "rxtx_factor": flavor.rxtx_factor}
    if context.since(61):
        view["extra_specs"] = flavor.extra_specs
    return view
