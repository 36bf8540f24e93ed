"""The hosts of the cloud over HTTP, for admins."""

from typing import Annotated, Any, Final

import msgspec
from litestar import Response, delete, get, patch, post
from litestar.params import FromPath
from msgspec import Meta

from berthline.api.auth import require_admin
from berthline.api.body import read_json
from berthline.api.frame import ApiRequest, current_caller, no_content, reply, services
from berthline.api.listing import parse_filters
from berthline.api.query import query
from berthline.domain.compute import EVERY_NETWORK, Host
from berthline.domain.errors import BadRequest
from berthline.domain.hosts.enrolment import Fate, HostOptions
from berthline.domain.ids import HostName
from berthline.workflows.enrolment.draining import Progress
from berthline.workflows.enrolment.hosts import Hosts, KnownHost, Seen

UNSET: Final = msgspec.UNSET
Unset = msgspec.UnsetType
FATES: Final = Fate.__args__  # type: ignore[attr-defined]  # the words of the type

Name = Annotated[str, Meta(min_length=1, max_length=255, pattern=r"^[a-zA-Z0-9][a-zA-Z0-9_.-]*$")]


class NewHost(HostOptions, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """POST /hosts."""

    name: Name


class CreateBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    host: NewHost


class UpdateBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``host``: ``enabled``, ``disabled_reason``, and fields of HostOptions."""

    host: dict[str, msgspec.Raw]


class Standing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    enabled: bool | Unset = UNSET
    disabled_reason: Annotated[str, Meta(min_length=1, max_length=255)] | Unset = UNSET


class Machine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What of HostOptions is a machine's rather than the host's place in the cloud; UNSET: as it was."""

    uri: str | Unset = UNSET
    chassis: str | Unset = UNSET
    virt_type: str | Unset = UNSET
    userspace_datapath: bool | Unset = UNSET
    cpu_mode: str | Unset = UNSET
    cpu_model: str | Unset = UNSET
    folder: str | Unset = UNSET
    migration_uri: str | Unset = UNSET
    migration_address: str | Unset = UNSET


class ReplaceBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST /hosts/NAME/replace."""

    host: Machine


class Drain(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    at_once: Annotated[int, Meta(ge=1, le=1000)] | None = None


class DrainBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST /hosts/NAME/drain."""

    drain: Drain


def _hosts(request: ApiRequest) -> Hosts:
    return services(request).compute.hosts


@get("/hosts")
async def list_hosts(request: ApiRequest) -> Response[bytes]:
    """Every host: how it was enrolled, and what was last seen of it. Admins only."""
    found = await _hosts(request).every(current_caller(request))
    return reply({"hosts": [_view(host) for host in found]})


@get("/hosts/{name:str}")
async def show_host(request: ApiRequest, name: FromPath[str]) -> Response[bytes]:
    """One host. Admins only."""
    return reply({"host": _view(await _hosts(request).get(current_caller(request), HostName(name)))})


@post("/hosts", status_code=201)
async def add_host(request: ApiRequest) -> Response[bytes]:
    """Add a host that answers: ``name``, ``uri`` and how it is used. Workers take it up by themselves. Admins only."""
    caller = current_caller(request)
    require_admin(caller)  # before the body is looked at
    given = (await read_json(request, CreateBody)).host
    options = HostOptions(**{name: getattr(given, name) for name in HostOptions.__struct_fields__})
    seen = await _hosts(request).add(caller, HostName(given.name), options)
    known = await _hosts(request).get(caller, HostName(given.name))
    return reply({"host": _view(known) | {"found": _found(seen)}}, 201)


@patch("/hosts/{name:str}")
async def change_host(request: ApiRequest, name: FromPath[str]) -> Response[bytes]:
    """Enable or disable a host, or say otherwise how it is reached and used. Admins only."""
    caller, wanted = current_caller(request), HostName(name)
    known = await _hosts(request).get(caller, wanted)
    given = (await read_json(request, UpdateBody)).host
    standing = {key: value for key, value in given.items() if key in Standing.__struct_fields__}
    others = {key: value for key, value in given.items() if key not in Standing.__struct_fields__}
    if not given or (standing and others):
        raise BadRequest("The body has either enabled and disabled_reason, or fields of how the host is used.")
    if others:
        whole = _convert(others, HostOptions)
        changes = {key: getattr(whole, key) for key in others}
        return reply({"host": _view(await _hosts(request).change(caller, wanted, changes))})
    said = _convert(standing, Standing)
    if said.enabled is UNSET or (said.enabled and said.disabled_reason is not UNSET):
        raise BadRequest("disabled_reason goes with enabled false, and with nothing else.")
    reason = None if said.disabled_reason is UNSET else said.disabled_reason
    known = await _hosts(request).set_enabled(caller, wanted, said.enabled, reason)
    return reply({"host": _view(known)})


@post("/hosts/{name:str}/replace", status_code=200)
async def replace_host(request: ApiRequest, name: FromPath[str]) -> Response[bytes]:
    """Have another machine that answers take the place of a host without servers: ``uri``, ``chassis`` and what else is
    the machine's; its name, aggregates, role, shares and standing stay. Admins only.
    """
    caller, wanted = current_caller(request), HostName(name)
    require_admin(caller)  # before the body is looked at
    given = (await read_json(request, ReplaceBody)).host
    named = {key: value for key, value in msgspec.structs.asdict(given).items() if value is not UNSET}
    whole = _convert({key: msgspec.Raw(msgspec.json.encode(value)) for key, value in named.items()}, HostOptions)
    seen = await _hosts(request).replace(caller, wanted, {key: getattr(whole, key) for key in named})
    return reply({"host": _view(await _hosts(request).get(caller, wanted)) | {"found": _found(seen)}})


@post("/hosts/{name:str}/drain", status_code=202)
async def drain_host(request: ApiRequest, name: FromPath[str]) -> Response[bytes]:
    """Take no new guests on a host, and move those that it has to others, ``at_once`` at a time (as the settings say
    unless given): 202, and it goes on by itself until the host is enabled. Once more: what was left is tried again.
    Admins only.
    """
    caller = current_caller(request)
    require_admin(caller)  # before the body is looked at
    given = (await read_json(request, DrainBody)).drain
    return reply({"drain": _progress(await _hosts(request).drain(caller, HostName(name), given.at_once))}, 202)


@get("/hosts/{name:str}/drain")
async def show_drain(request: ApiRequest, name: FromPath[str]) -> Response[bytes]:
    """How far the last drain of a host is: what was moved, is under way, waits, and was left and why. Admins only."""
    return reply({"drain": _progress(await _hosts(request).progress(current_caller(request), HostName(name)))})


@delete("/hosts/{name:str}", opt=query("servers"), status_code=202)
async def remove_host(request: ApiRequest, name: FromPath[str]) -> Response[Any]:
    """Remove a host: 204 at once where nothing is on it. ``servers=error`` or ``servers=delete`` says what becomes of
    the servers of one that is gone for good: 202, and it goes on by itself. Admins only.
    """
    filters = parse_filters(request, ("servers",))
    fate = filters["servers"][-1] if "servers" in filters else None
    if fate is not None and fate not in FATES:
        raise BadRequest(f"servers is one of {', '.join(FATES)}.")
    gone = await _hosts(request).remove(current_caller(request), HostName(name), fate)  # type: ignore[arg-type]
    if gone:
        return no_content()
    return reply({"host": _view(await _hosts(request).get(current_caller(request), HostName(name)))}, 202)


def _convert(given: dict[str, msgspec.Raw], wanted: Any) -> Any:
    try:
        return msgspec.json.decode(msgspec.json.encode(given), type=wanted)
    except msgspec.ValidationError as error:
        raise BadRequest(f"The request body is not as it should be: {error}.") from None


def _found(seen: Seen) -> dict[str, Any]:
    facts = seen.facts
    return {
        "hypervisor_type": facts.hypervisor_type,
        "hypervisor_version": facts.hypervisor_version,
        "vcpus": facts.vcpus,
        "memory_mb": facts.memory_mb,
        "disk_gb": facts.disk_gb,
        "physical_networks": None if seen.chassis is None else sorted(seen.chassis),
    }


def _view(host: KnownHost) -> dict[str, Any]:
    enrolled, seen = host.enrolled, host.seen
    view: dict[str, Any] = {
        "name": host.name,
        "state": _state(host),
        "enabled": seen is None or seen.enabled,
        "disabled_reason": None if seen is None else seen.disabled_reason,
    }
    if enrolled is not None:
        view |= {"kind": enrolled.kind, **msgspec.structs.asdict(enrolled.options), "chassis": enrolled.chassis}
    if seen is not None:
        view["seen"] = _seen(seen)
    return view


def _state(host: KnownHost) -> str:
    """``joining`` until a worker has seen it; ``unknown``: of a time before hosts were enrolled."""
    if host.enrolled is not None and host.enrolled.fate is not None:
        return "leaving"
    if host.enrolled is None:
        return "unknown"
    return "joining" if host.seen is None else "up" if host.seen.up else "down"


def _seen(host: Host) -> dict[str, Any]:
    networks = host.physical_networks
    return {
        "seen_at": host.seen_at,
        "answers": host.answers,
        "forced_down": host.forced_down,
        "hypervisor_type": host.hypervisor_type,
        "hypervisor_version": host.hypervisor_version,
        "availability_zone": host.availability_zone,
        "physical_networks": None if networks is None else "every" if networks == EVERY_NETWORK else networks,
        "servers": host.running_vms,
        "vcpus": {"physical": host.physical_vcpus, "promised": host.vcpus, "claimed": host.vcpus_used},
        "memory_mb": {"physical": host.physical_memory_mb, "promised": host.memory_mb, "claimed": host.memory_mb_used},
        "disk_gb": {
            "physical": host.physical_disk_gb,
            "promised": host.disk_gb,
            "claimed": host.disk_gb_used,
            "free": host.free_disk_gb,
        },
    }


def _progress(progress: Progress) -> dict[str, Any]:
    drain = progress.drain
    told = {state: [one for one in progress.told if one.state == state] for state in ("moved", "moving", "left")}
    return {
        "host": drain.host,
        "state": progress.state,
        "host_answers": not progress.silent,
        "at_once": drain.at_once,
        "started_at": drain.started_at,
        "ended_at": drain.ended_at,
        "moved": [{"id": one.server_id, "name": one.name, "host": one.host} for one in told["moved"]],
        "under_way": [{"id": one.server_id, "name": one.name, "migration": one.migration_id} for one in told["moving"]],
        "waiting": [{"id": one.server_id, "name": one.name, "reason": reason} for one, reason in progress.waiting],
        "left": [{"id": one.server_id, "name": one.name, "reason": one.reason} for one in told["left"]],
        "shelved": [{"id": one.server_id, "name": one.name} for one in progress.shelved],
    }
