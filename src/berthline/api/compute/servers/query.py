"""The query of GET /servers: Nova's filters, who may use which, and the order of the list."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from berthline.api.compute import times
from berthline.api.compute.context import Context, forbid
from berthline.api.compute.fields import as_boolean, as_integer
from berthline.api.compute.patterns import safe_pattern
from berthline.api.compute.servers import states as server_states
from berthline.api.listing import PAGING, Page, Sort, parse_page
from berthline.domain.errors import BadRequest, Forbidden
from berthline.domain.ids import ProjectId
from berthline.store.compute.servers.listing import SORT_KEYS, ServerFilter, SortBy

MOST: Final = 1000
SORTABLE: Final = frozenset(SORT_KEYS)
SORTABLE_BY_ADMINS_ONLY: Final = frozenset({"host", "node"})

EVERYBODY: Final = frozenset(
    {"all_tenants", "changes-since", "flavor", "image", "ip", "name", "reservation_id", "status"}
)
"""Filters of any user in every microversion."""

LATER: Final[Mapping[str, int]] = {
    "ip6": 5,
    "tags": 26,
    "tags-any": 26,
    "not-tags": 26,
    "not-tags-any": 26,
    "changes-before": 66,
    "locked": 73,
    "availability_zone": 83,
    "config_drive": 83,
    "key_name": 83,
    "created_at": 83,
    "launched_at": 83,
    "terminated_at": 83,
    "power_state": 83,
    "task_state": 83,
    "vm_state": 83,
    "progress": 83,
    "user_id": 83,
}
"""Filters of any user, and the microversion from which they are."""

ADMINS: Final = frozenset(
    {
        "access_ip_v4", "access_ip_v6", "auto_disk_config", "availability_zone", "config_drive", "created_at",
        "deleted", "description", "display_description", "display_name", "host", "hostname", "image_ref", "ip6",
        "kernel_id", "key_name", "launch_index", "launched_at", "locked", "locked_by", "node", "power_state",
        "progress", "project_id", "ramdisk_id", "root_device_name", "soft_deleted", "task_state", "tenant_id",
        "terminated_at", "user_id", "uuid", "vm_state",
    }
)  # fmt: skip
"""Filters that admins may use besides."""

STRICT_SINCE: Final = 75

_FIELDS: Final[Mapping[str, tuple[str, Callable[[str, str], Any]]]] = {
    "changes-since": ("changes_since", lambda name, text: times.parse(text, name)),
    "changes-before": ("changes_before", lambda name, text: times.parse(text, name)),
    "name": ("name", safe_pattern),
    "display_name": ("name", safe_pattern),
    "ip": ("ip", safe_pattern),
    "ip6": ("ip6", safe_pattern),
    "image": ("image_id", lambda _, text: text.rpartition("/")[2]),
    "image_ref": ("image_id", lambda _, text: text.rpartition("/")[2]),
    "flavor": ("flavor_id", lambda _, text: text.rpartition("/")[2]),
    "host": ("host", lambda _, text: text),
    "node": ("host", lambda _, text: text),
    "user_id": ("user_id", lambda _, text: text),
    "availability_zone": ("availability_zone", lambda _, text: text),
    "key_name": ("key_name", lambda _, text: text),
    "reservation_id": ("reservation_id", lambda _, text: text),
    "hostname": ("hostname", lambda _, text: text),
    "description": ("description", lambda _, text: text),
    "display_description": ("description", lambda _, text: text),
    "access_ip_v4": ("access_ip_v4", lambda _, text: text),
    "access_ip_v6": ("access_ip_v6", lambda _, text: text),
    "uuid": ("ids", lambda _, text: (text,)),
    "vm_state": ("vm_states", lambda _, text: (text.lower(),)),
    "task_state": ("task_states", lambda _, text: (text.lower(),)),
    "power_state": ("power_state", lambda name, text: as_integer(name, text, 0, 7)),
    "launch_index": ("launch_index", lambda name, text: as_integer(name, text, 0)),
    "config_drive": ("config_drive", as_boolean),
    "locked": ("locked", as_boolean),
    "deleted": ("deleted", as_boolean),
    "soft_deleted": ("deleted", as_boolean),
    "tags": ("tags", lambda _, text: tuple(text.split(","))),
    "tags-any": ("tags_any", lambda _, text: tuple(text.split(","))),
    "not-tags": ("not_tags", lambda _, text: tuple(text.split(","))),
    "not-tags-any": ("not_tags_any", lambda _, text: tuple(text.split(","))),
}
"""Each filter's field of ServerFilter and how its text is read. Those of Nova's that are not here find nothing here."""


def page_of(context: Context) -> Page:
    """Limit, marker and order of the list. Raises BadRequest; Forbidden for a key that is for admins."""
    default = (Sort("created_at", "desc"), Sort("uuid", "desc"))
    page = parse_page(
        context.request, sortable=SORTABLE, default_sort=default, default_direction="desc", max_limit=MOST
    )
    if not context.caller.is_admin and any(sort.key in SORTABLE_BY_ADMINS_ONLY for sort in page.sort):
        raise Forbidden("Only administrators can sort servers by host.")
    return page


def order_of(page: Page) -> tuple[SortBy, ...]:
    """The order of a page as the store takes it."""
    return tuple(SortBy(sort.key, sort.direction == "desc") for sort in page.sort)


def filter_of(context: Context) -> ServerFilter | None:
    """The filter that the query asks for; None when it asks for what cannot be, so that nothing is found.

    Filters that the caller may not use are left out, as Nova does; from 2.75 unknown ones are refused.
    """
    query = context.request.query_params
    wanted: dict[str, Any] = {"project_id": context.caller.project_id, "deleted": False}
    for name in dict.fromkeys(query):
        if name in PAGING or not _usable(context, name):
            continue
        texts = query.getall(name)
        if name == "status":
            vm_states, task_states = server_states.states_of(texts)
            if not vm_states:
                return None
            if "deleted" in vm_states:
                _require_admin_for_deleted(context)
                wanted["deleted"] = None
            wanted["vm_states"] = vm_states
            if task_states is not None:
                wanted["task_states"] = task_states
        elif known := _FIELDS.get(name):
            field, read = known
            wanted[field] = read(name, texts[-1])
        elif name not in {"all_tenants", "tenant_id", "project_id"}:
            return None
    if "changes_since" in wanted and "deleted" not in query:
        wanted["deleted"] = None
    if wanted.get("changes_before", 2**62) < wanted.get("changes_since", 0):
        raise BadRequest("The value of changes-since must be less than or equal to changes-before.")
    wanted["project_id"] = _project(context)
    return ServerFilter(**wanted)


def _usable(context: Context, name: str) -> bool:
    if name in EVERYBODY or (name in LATER and context.since(LATER[name])):
        return True
    if name in ADMINS:
        return context.caller.is_admin
    if context.since(STRICT_SINCE) and name not in LATER:
        raise BadRequest(f"Additional properties are not allowed ('{name[:64]}' was unexpected)")
    return False


def _project(context: Context) -> ProjectId | None:
    """Whose servers: the caller's own, or for admins of one project or of all."""
    query = context.request.query_params
    everywhere = query.get("all_tenants")
    if everywhere is None or not (everywhere == "" or as_boolean("all_tenants", everywhere)):
        return context.caller.project_id
    if not context.caller.is_admin:
        forbid("os_compute_api:servers:index:get_all_tenants")
    named = query.get("tenant_id") or query.get("project_id")
    return ProjectId(named) if named else None


def _require_admin_for_deleted(context: Context) -> None:
    if not context.caller.is_admin:
        raise Forbidden("Only administrators may list deleted instances")
