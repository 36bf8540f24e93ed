"""Keypairs of users."""

import re
from typing import Any, Final

import msgspec
from litestar import Response, delete, get, post
from litestar.params import FromPath

from berthline.api.body import read_json
from berthline.api.compute import fields, times
from berthline.api.compute.context import Context, forbid
from berthline.api.compute.keypairs import certificates, public_keys
from berthline.api.compute.queries import QuerySchema, read_query
from berthline.api.frame import ApiRequest
from berthline.api.listing import next_url
from berthline.api.query import READS_ITS_QUERY
from berthline.domain.compute import Keypair
from berthline.domain.errors import BadRequest, Forbidden, NotFound
from berthline.domain.ids import ProjectId, UserId
from berthline.store import Connection
from berthline.store.compute import keypairs
from berthline.store.control import user_quotas
from berthline.store.identity import directory as identity

NAME: Final = re.compile(r"[a-zA-Z0-9_\- ]{1,255}")
NAME_SINCE_92: Final = re.compile(r"[a-zA-Z0-9_\-@. ]{1,255}")
X509: Final = "x509"
TYPES_SINCE: Final = 2
USERS_SINCE: Final = 10
PAGES_SINCE: Final = 35
NO_GENERATION_SINCE: Final = 92
STRICT_SINCE: Final = 75

LIST: Final = QuerySchema(
    known={"user_id": USERS_SINCE, "limit": PAGES_SINCE, "marker": PAGES_SINCE}, strict_since=STRICT_SINCE
)
ONE: Final = QuerySchema(known={"user_id": USERS_SINCE}, strict_since=STRICT_SINCE)


class KeypairItem(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    public_key: str | msgspec.UnsetType = msgspec.UNSET
    type: str | msgspec.UnsetType = msgspec.UNSET
    user_id: str | msgspec.UnsetType = msgspec.UNSET


class CreateBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    keypair: KeypairItem


@get("/v2.1/os-keypairs", opt=dict(READS_ITS_QUERY))
async def list_keypairs(request: ApiRequest) -> Response[bytes]:
    """GET /os-keypairs: the caller's; for admins, from 2.10, those of ?user_id."""
    context = Context.of(request)
    query = read_query(context, LIST)
    user_id = _user(context, query.get("user_id"), "index")
    limit, marker = query.limit, query.marker

    def read(connection: Connection) -> tuple[Keypair, ...]:
        if marker is not None and keypairs.get(connection, user_id, marker) is None:
            raise BadRequest(f"marker [{marker}] not found")
        return keypairs.page(connection, user_id, limit=limit, after=marker)

    found = await context.services.store.read(read)
    body: dict[str, Any] = {"keypairs": [{"keypair": _summary(context, keypair)} for keypair in found]}
    if context.since(PAGES_SINCE) and found and len(found) == limit:
        body["keypairs_links"] = [{"rel": "next", "href": next_url(request, found[-1].name, limit)}]
    return context.answer(body)


@get("/v2.1/os-keypairs/{name:str}", opt=dict(READS_ITS_QUERY))
async def show_keypair(request: ApiRequest, name: FromPath[str]) -> Response[bytes]:
    """GET /os-keypairs/NAME."""
    context = Context.of(request)
    user_id = _user(context, read_query(context, ONE).get("user_id"), "show")
    keypair = await context.services.store.read(lambda connection: keypairs.get(connection, user_id, name))
    if keypair is None:
        raise _no_keypair(user_id, name)
    view = _summary(context, keypair) | {
        "user_id": keypair.user_id,
        "id": _number(keypair),
        "created_at": times.microsecond(keypair.created_at),
        "updated_at": None,
        "deleted": False,
        "deleted_at": None,
    }
    return context.answer({"keypair": view})


@post("/v2.1/os-keypairs")
async def create_keypair(request: ApiRequest) -> Response[bytes]:
    """POST /os-keypairs: take a public key, or before 2.92 make a pair and show its private key this once."""
    context = Context.of(request)
    item = (await read_json(request, CreateBody)).keypair
    _check(context, item)
    user_id = _user(context, None if item.user_id is msgspec.UNSET else item.user_id, "create")
    if user_id == context.caller.user_id and not context.caller.may_write:
        forbid("os_compute_api:os-keypairs:create")
    now, project_id = context.services.clock.now(), context.caller.project_id
    pair: public_keys.NewPair | None = None
    if item.public_key is msgspec.UNSET:
        await context.services.store.read(lambda connection: check_room(connection, project_id, user_id))
        pair = await _new_pair(item.type, user_id, now)
    public_key = pair.public_key if pair else str(item.public_key)
    keypair = Keypair(
        user_id=user_id,
        name=item.name,
        type="x509" if item.type == X509 else "ssh",
        fingerprint=(certificates if item.type == X509 else public_keys).fingerprint(public_key),
        public_key=public_key,
        created_at=now,
    )

    await context.services.store.write(lambda connection: keep(connection, project_id, keypair))
    view = _summary(context, keypair) | {"user_id": user_id}
    if pair is not None:
        view["private_key"] = pair.private_key
    return context.answer({"keypair": view}, 201 if context.since(TYPES_SINCE) else 200)


@delete("/v2.1/os-keypairs/{name:str}", status_code=204, opt=dict(READS_ITS_QUERY))
async def delete_keypair(request: ApiRequest, name: FromPath[str]) -> Response[None]:
    """DELETE /os-keypairs/NAME."""
    context = Context.of(request)
    user_id = _user(context, read_query(context, ONE).get("user_id"), "delete")
    if user_id == context.caller.user_id and not context.caller.may_write:
        forbid("os_compute_api:os-keypairs:delete")
    if not await context.services.store.write(lambda connection: keypairs.remove(connection, user_id, name)):
        raise _no_keypair(user_id, name)
    return context.empty(204 if context.since(TYPES_SINCE) else 202)


async def _new_pair(kind: object, user_id: UserId, now: int) -> public_keys.NewPair:
    return await certificates.generate(user_id, now) if kind == X509 else public_keys.generate()


def keep(connection: Connection, project_id: ProjectId, keypair: Keypair) -> None:
    """Write a keypair that the project's quota has room for. Raises Forbidden, KeyPairExists."""
    identity.lock(connection, "user", keypair.user_id)  # one after the other, so that the count is exact
    check_room(connection, project_id, keypair.user_id)
    keypairs.add(connection, keypair)


def check_room(connection: Connection, project_id: ProjectId, user_id: UserId) -> None:
    """Raise Forbidden where the user has as many keypairs as the quota allows."""
    most = user_quotas.limits(connection, project_id, user_id, ("key_pairs",))["key_pairs"]
    if 0 <= most <= keypairs.count(connection, user_id):
        raise Forbidden("Quota exceeded, too many key pairs.")


def _user(context: Context, named: str | None, verb: str) -> UserId:
    """Whose keypairs: the caller's own; from 2.10 an admin may name another user."""
    if named is None or named == context.caller.user_id or not context.since(USERS_SINCE):
        return context.caller.user_id
    if not context.caller.is_admin:
        forbid(f"os_compute_api:os-keypairs:{verb}")
    return UserId(named)


def _check(context: Context, item: KeypairItem) -> None:
    for name, minor in (("type", TYPES_SINCE), ("user_id", USERS_SINCE)):
        if getattr(item, name) is not msgspec.UNSET and not context.since(minor):
            raise BadRequest(f"Additional properties are not allowed ('{name}' was unexpected)")
    pattern = NAME_SINCE_92 if context.since(NO_GENERATION_SINCE) else NAME
    if pattern.fullmatch(item.name) is None or item.name != item.name.strip():
        raise fields.invalid("name", item.name, "Keypair data is invalid: the name has signs that are not allowed.")
    if item.type not in (msgspec.UNSET, "ssh", X509):
        raise fields.invalid("type", item.type, "It is ssh or x509.")
    if item.public_key is msgspec.UNSET and context.since(NO_GENERATION_SINCE):
        raise BadRequest("Invalid input for field/attribute keypair. 'public_key' is a required property")


def _summary(context: Context, keypair: Keypair) -> dict[str, Any]:
    view: dict[str, Any] = {
        "name": keypair.name,
        "public_key": keypair.public_key,
        "fingerprint": keypair.fingerprint,
    }
    if context.since(TYPES_SINCE):
        view["type"] = keypair.type
    return view


def _number(keypair: Keypair) -> int:
    """Nova shows its row number here. Berthline's keypairs have none, so one is made of what names the keypair."""
    return int(keypair.fingerprint.replace(":", "")[:7], 16)


def _no_keypair(user_id: UserId, name: str) -> NotFound:
    return NotFound(f"Keypair {name} not found for user {user_id}")


HANDLERS: Final = (list_keypairs, show_keypair, create_keypair, delete_keypair)
