"""/v3/users/{id}/application_credentials and /v3/users/{id}/access_rules"""

from datetime import UTC, datetime
from typing import Annotated, Final, Literal

import msgspec
from litestar import Response, delete, get, post
from litestar.params import FromPath
from msgspec import UNSET, Meta, UnsetType

from berthline.api.frame import ApiRequest, Routes, current_caller, no_content, reply, services
from berthline.api.identity.bodies import IdentityName, IdText, PasswordText, read_noun
from berthline.api.identity.queries import read_query
from berthline.api.identity.views import access_rule_view, credential_view
from berthline.domain.errors import BadRequest
from berthline.identity.application_credentials import ApplicationCredentials, CredentialFields, RoleName, RuleFields

MOST_RULES: Final = 100
MOST_ROLES: Final = 100
LATEST: Final = 253_402_300_799_999_999
"""The end of the year 9999 in microseconds, as far as dates are written."""


class RoleReference(msgspec.Struct, forbid_unknown_fields=True):
    id: IdText | None = None
    name: IdentityName | None = None


class RuleBody(msgspec.Struct, forbid_unknown_fields=True):
    id: IdText | None = None
    service: Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[a-zA-Z0-9-]+$")] | None = None
    path: Annotated[str, Meta(max_length=225, pattern=r"^/")] | None = None
    method: Literal["DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"] | None = None


class CredentialBody(msgspec.Struct, forbid_unknown_fields=True):
    name: IdentityName
    secret: PasswordText | None = None
    description: Annotated[str, Meta(max_length=4096)] | None = None
    project_id: IdText | UnsetType = UNSET
    roles: Annotated[tuple[RoleReference, ...], Meta(max_length=MOST_ROLES)] | None = None
    expires_at: Annotated[str, Meta(max_length=64)] | None = None
    unrestricted: bool | None = None
    access_rules: Annotated[tuple[RuleBody, ...], Meta(max_length=MOST_RULES)] | None = None
    system: None = None


def _credentials(request: ApiRequest) -> ApplicationCredentials:
    return services(request).identity.application_credentials


@get("/v3/users/{user_id:str}/application_credentials")
async def list_credentials(request: ApiRequest, user_id: FromPath[str]) -> Response[bytes]:
    """A user's application credentials, by name: one's own, or anybody's for an admin."""
    query = read_query(request, texts=("name",))
    found = await _credentials(request).list(current_caller(request), user_id, query.exact)
    views = (credential_view(request, each) for each in found)
    return reply(query.page(request, "application_credentials", views))


@post("/v3/users/{user_id:str}/application_credentials")
async def create_credential(request: ApiRequest, user_id: FromPath[str]) -> Response[bytes]:
    """A new one for oneself, on the project of the token; the answer alone has its secret."""
    fields = _fields(await read_noun(request, "application_credential", CredentialBody))
    made, secret = await _credentials(request).create(current_caller(request), user_id, fields)
    return reply({"application_credential": credential_view(request, made) | {"secret": secret}}, 201)


@get("/v3/users/{user_id:str}/application_credentials/{credential_id:str}")
async def show_credential(request: ApiRequest, user_id: FromPath[str], credential_id: FromPath[str]) -> Response[bytes]:
    """One application credential, without its secret."""
    found = await _credentials(request).show(current_caller(request), user_id, credential_id)
    return reply({"application_credential": credential_view(request, found)})


@delete("/v3/users/{user_id:str}/application_credentials/{credential_id:str}", status_code=204)
async def delete_credential(
    request: ApiRequest, user_id: FromPath[str], credential_id: FromPath[str]
) -> Response[None]:
    """Delete an application credential; its tokens end at once."""
    await _credentials(request).delete(current_caller(request), user_id, credential_id)
    return no_content()


@get("/v3/users/{user_id:str}/access_rules")
async def list_rules(request: ApiRequest, user_id: FromPath[str]) -> Response[bytes]:
    """A user's access rules, by service, path or method."""
    query = read_query(request, texts=("service", "path", "method"))
    found = await _credentials(request).rules(current_caller(request), user_id, query.exact)
    views = (access_rule_view(request, user_id, each) for each in found)
    return reply(query.page(request, "access_rules", views))


@get("/v3/users/{user_id:str}/access_rules/{rule_id:str}")
async def show_rule(request: ApiRequest, user_id: FromPath[str], rule_id: FromPath[str]) -> Response[bytes]:
    """One access rule."""
    found = await _credentials(request).rule(current_caller(request), user_id, rule_id)
    return reply({"access_rule": access_rule_view(request, user_id, found)})


@delete("/v3/users/{user_id:str}/access_rules/{rule_id:str}", status_code=204)
async def delete_rule(request: ApiRequest, user_id: FromPath[str], rule_id: FromPath[str]) -> Response[None]:
    """Delete an access rule that no application credential goes by; else 403."""
    await _credentials(request).delete_rule(current_caller(request), user_id, rule_id)
    return no_content()


def _fields(body: CredentialBody) -> CredentialFields:
    roles = tuple(RoleName(id=role.id, name=role.name) for role in body.roles or ())
    if any((role.id is None) == (role.name is None) for role in roles):
        raise BadRequest("each of the roles is an object with id or name, and not both")
    return CredentialFields(
        name=body.name,
        secret=body.secret,
        description=body.description,
        project_id=None if isinstance(body.project_id, UnsetType) else body.project_id,
        roles=roles,
        expires_at=None if body.expires_at is None else _microseconds(body.expires_at),
        unrestricted=bool(body.unrestricted),
        rules=tuple(
            RuleFields(id=rule.id, service=rule.service, path=rule.path, method=rule.method)
            for rule in body.access_rules or ()
        ),
    )


def _microseconds(text: str) -> int:
    """A time of ISO 8601, of UTC where it names no zone."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadRequest("expires_at is no time of ISO 8601, such as 2030-01-31T09:30:00.000000") from None
    since = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - datetime.fromtimestamp(0, UTC)
    whole = (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
    if whole > LATEST:
        raise BadRequest("expires_at is too far away")
    return whole


HANDLERS: Final[tuple[Routes, ...]] = (
    list_credentials,
    create_credential,
    show_credential,
    delete_credential,
    list_rules,
    show_rule,
    delete_rule,
)
