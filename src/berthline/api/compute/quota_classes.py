"""os-quota-class-sets: limits by class. Those of the class ``default`` are every project's that has none of its own."""

from collections.abc import Mapping
from typing import Final

import msgspec
from litestar import Response, get, put
from litestar.params import FromPath

from berthline.api.body import read_json
from berthline.api.compute.context import Context
from berthline.api.compute.fields import NAME_LENGTH, Flexible, invalid
from berthline.api.compute.quota_sets import INJECTION_GONE, OF_NOVA_NETWORK, RESOURCES, wanted_limits
from berthline.api.frame import ApiRequest
from berthline.store import Connection
from berthline.store.control import quotas

CHANGED_AT: Final = 50
"""The microversion that brings quotas of server groups and takes away those of nova-network."""
OF_GROUPS: Final = ("server_groups", "server_group_members")


class ClassBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    quota_class_set: dict[str, Flexible]


@get("/v2.1/os-quota-class-sets/{class_name:str}")
async def show_class(request: ApiRequest, class_name: FromPath[str]) -> Response[bytes]:
    """GET /os-quota-class-sets/CLASS; a class that nobody has written is as the defaults are."""
    context = Context.of(request)
    context.require("os_compute_api:os-quota-class-sets:show")
    limits = await context.services.store.read(lambda connection: _limits(connection, class_name))
    return context.answer({"quota_class_set": {"id": class_name} | _shown(context, limits)})


@put("/v2.1/os-quota-class-sets/{class_name:str}")
async def update_class(request: ApiRequest, class_name: FromPath[str]) -> Response[bytes]:
    """PUT /os-quota-class-sets/CLASS: from now on; what a project has beyond its limit stays."""
    context = Context.of(request)
    context.require("os_compute_api:os-quota-class-sets:update")
    if len(class_name) > NAME_LENGTH:
        raise invalid("quota_class_name", class_name, f"It is too long: at most {NAME_LENGTH} characters.")
    given = (await read_json(request, ClassBody)).quota_class_set
    wanted = wanted_limits(given, _shown(context, dict.fromkeys(RESOURCES, 0)))

    def write(connection: Connection) -> dict[str, int]:
        quotas.set_class_limits(connection, class_name, wanted)
        return _limits(connection, class_name)

    return context.answer({"quota_class_set": _shown(context, await context.services.store.write(write))})


def _limits(connection: Connection, class_name: str) -> dict[str, int]:
    return quotas.class_limits(connection, class_name, RESOURCES)


def _shown(context: Context, limits: Mapping[str, int]) -> dict[str, int]:
    """The quotas that this microversion knows of classes."""
    gone = set(OF_NOVA_NETWORK if context.since(CHANGED_AT) else OF_GROUPS)
    if context.since(INJECTION_GONE):
        gone |= {name for name in limits if name.startswith("injected_")}
    return {name: limit for name, limit in limits.items() if name not in gone}


HANDLERS: Final = (show_class, update_class)
