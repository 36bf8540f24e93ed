"""POST, GET, HEAD and DELETE /v3/auth/tokens, and what a token may be scoped to."""

from typing import Annotated, Final, Literal

import msgspec
from litestar import Response, delete, get, head, post
from msgspec import Meta

from berthline.api.auth import PUBLIC
from berthline.api.body import read_json
from berthline.api.frame import ApiRequest, Routes, base_url, current_caller, no_content, reply, services
from berthline.api.identity.catalog import whole_catalog
from berthline.api.identity.views import collection, domain_view, project_view, token_view
from berthline.domain.errors import BadRequest, NotFound, Unauthorized
from berthline.identity.catalog import CatalogService
from berthline.identity.logins import (
    AskedScope,
    CredentialLogin,
    DomainName,
    LoginRequest,
    ProjectName,
    SystemScope,
    Unscoped,
    UserLogin,
    UserName,
)
from berthline.identity.service import TokenInfo

Name = Annotated[str, Meta(max_length=255)]
METHODS: Final = frozenset({"password", "token", "application_credential"})
RULES_UNDERSTOOD: Final = 1.0
"""Of the header OpenStack-Identity-Access-Rules: from this version on a service goes by access rules."""
MOST_METHODS: Final = 16

# Keystone's schema of a login is open at every level, and clients send members of older APIs beside those it knows
# (such as tenantName beside scope): what is not known is let pass. What would ask for other rights is refused by name.


class DomainReference(msgspec.Struct):
    id: Name | None = None
    name: Name | None = None


class UserReference(msgspec.Struct):
    password: str
    id: Name | None = None
    name: Name | None = None
    domain: DomainReference | None = None


class PasswordMethod(msgspec.Struct):
    user: UserReference


class TokenMethod(msgspec.Struct):
    id: str


class OwnerReference(msgspec.Struct):
    id: Name | None = None
    name: Name | None = None
    domain: DomainReference | None = None


class CredentialMethod(msgspec.Struct):
    secret: str
    id: Name | None = None
    name: Name | None = None
    user: OwnerReference | None = None


class IdentityPart(msgspec.Struct):
    methods: Annotated[tuple[Name, ...], Meta(min_length=1, max_length=MOST_METHODS)]
    password: PasswordMethod | None = None
    token: TokenMethod | None = None
    application_credential: CredentialMethod | None = None


class ProjectReference(msgspec.Struct):
    id: Name | None = None
    name: Name | None = None
    domain: DomainReference | None = None


class SystemReference(msgspec.Struct):
    all: Literal[True]


class EmptyObject(msgspec.Struct):
    pass


class ScopePart(msgspec.Struct):
    project: ProjectReference | None = None
    domain: DomainReference | None = None
    system: SystemReference | None = None
    unscoped: EmptyObject | None = None
    trust: object = msgspec.field(name="OS-TRUST:trust", default=None)


class AuthPart(msgspec.Struct):
    identity: IdentityPart
    scope: ScopePart | Literal["unscoped"] | None = None


class AuthBody(msgspec.Struct):
    auth: AuthPart


@post("/v3/auth/tokens", opt=PUBLIC)
async def issue_token(request: ApiRequest) -> Response[bytes]:
    """Log in by password, token or application credential; the token is in X-Subject-Token."""
    body = await read_json(request, AuthBody)
    token, info = await services(request).identity.log_in(_login(body.auth))
    headers = {"X-Subject-Token": token, "Vary": "X-Auth-Token"}
    return reply({"token": token_view(info, await _catalog(request, info))}, 201, headers)


@get("/v3/auth/tokens")
async def show_token(request: ApiRequest) -> Response[bytes]:
    """What the token in X-Subject-Token is good for."""
    subject = _subject(request)
    info = await _validated(request, subject)
    headers = {"X-Subject-Token": subject, "Vary": "X-Auth-Token"}
    return reply({"token": token_view(info, await _catalog(request, info))}, headers=headers)


@head("/v3/auth/tokens")
async def check_token(request: ApiRequest) -> Response[None]:
    """Whether the token in X-Subject-Token is valid: 200 or 404."""
    subject = _subject(request)
    await _validated(request, subject)
    return no_content(200, {"X-Subject-Token": subject, "Vary": "X-Auth-Token"})


@delete("/v3/auth/tokens", status_code=204)
async def revoke_token(request: ApiRequest) -> Response[None]:
    """End the token in X-Subject-Token."""
    await services(request).identity.revoke(current_caller(request), _subject(request))
    return no_content()


@get(["/v3/auth/projects", "/v3/OS-FEDERATION/projects"])
async def list_own_projects(request: ApiRequest) -> Response[bytes]:
    """The projects that the caller may scope a token to."""
    caller = current_caller(request)
    found = await services(request).identity.directory.projects_of_user(caller, caller.user_id)
    return reply(collection(request, "projects", (project_view(request, each) for each in found if each.enabled)))


@get("/v3/auth/domains")
async def list_own_domains(request: ApiRequest) -> Response[bytes]:
    """The domains that the caller may scope a token to."""
    caller = current_caller(request)
    found = await services(request).identity.directory.domains_of_user(caller, caller.user_id)
    return reply(collection(request, "domains", (domain_view(request, each) for each in found if each.enabled)))


@get("/v3/auth/system")
async def list_own_system_scopes(request: ApiRequest) -> Response[bytes]:
    """The whole system, for a caller that may scope a token to it."""
    caller = current_caller(request)
    holds = await services(request).identity.directory.holds_on_system(caller, caller.user_id)
    self_link = {"self": f"{base_url(request)}/identity/v3/auth/system"}
    return reply({"system": [{"all": True}] if holds else [], "links": self_link})


def _subject(request: ApiRequest) -> str:
    token = request.headers.get("x-subject-token")
    if not token:
        raise BadRequest("X-Subject-Token is missing: it names the token that is asked about")
    return token


async def _validated(request: ApiRequest, subject: str) -> TokenInfo:
    """The token; one with access rules is none for a service that does not say that it goes by them."""
    info = await services(request).identity.validate(current_caller(request), subject)
    understood = request.headers.get("openstack-identity-access-rules", "")
    if info.credential is not None and info.credential.rules is not None:
        try:
            goes_by_them = float(understood) >= RULES_UNDERSTOOD
        except ValueError:
            goes_by_them = False
        if not goes_by_them:
            raise NotFound("Failed to validate token: it has access rules, and who asks does not say it knows them.")
    return info


async def _catalog(request: ApiRequest, info: TokenInfo) -> tuple[CatalogService, ...] | None:
    scope = info.claims.scope
    if scope is None or "nocatalog" in request.query_params:
        return None
    return await whole_catalog(request, info.claims.user_id, scope.target_id if scope.kind == "project" else None)


def _login(auth: AuthPart) -> LoginRequest:
    """The request as the service knows it; a method that is named must be there, one that is not named is left out."""
    methods = auth.identity.methods
    if unknown := sorted(set(methods) - METHODS):
        raise BadRequest(
            f"{', '.join(unknown)[:64]} is no method of this cloud: log in by {', '.join(sorted(METHODS))}"
        )
    if any(getattr(auth.identity, method) is None for method in methods):
        raise BadRequest("each of identity.methods needs an object of its name beside it")
    if "application_credential" in methods and auth.identity.application_credential is not None:
        return _by_credential(auth, auth.identity.application_credential)
    password = auth.identity.password if "password" in methods else None
    token = auth.identity.token if "token" in methods else None
    return LoginRequest(
        password=None if password is None else _user(password.user),
        token=None if token is None else token.id,
        scope=_scope(auth.scope),
    )


def _by_credential(auth: AuthPart, credential: CredentialMethod) -> LoginRequest:
    if set(auth.identity.methods) != {"application_credential"}:
        raise BadRequest("an application credential is a method alone: name no other beside it")
    if auth.scope is not None:
        raise Unauthorized(
            "Error authenticating with application credential: Application credentials cannot request a scope."
        )
    user = credential.user
    by_name = credential.name is not None and user is not None
    if credential.id is None and not by_name:
        raise BadRequest("an application credential is named by id, or by name and user")
    if user is not None and user.id is None and (user.name is None or user.domain is None):
        raise BadRequest("a user is named by id, or by name and domain")
    owner = None if user is None else UserName(id=user.id, name=user.name, domain=_domain(user.domain))
    login = CredentialLogin(secret=credential.secret, id=credential.id, name=credential.name, user=owner)
    return LoginRequest(credential=login)


def _user(user: UserReference) -> UserLogin:
    if user.id is None and (user.name is None or user.domain is None):
        raise BadRequest("a user is named by id, or by name and domain")
    return UserLogin(password=user.password, id=user.id, name=user.name, domain=_domain(user.domain))


def _domain(domain: DomainReference | None) -> DomainName | None:
    if domain is None:
        return None
    if domain.id is None and domain.name is None:
        raise BadRequest("a domain is named by id or by name")
    return DomainName(id=domain.id, name=domain.name)


def _scope(scope: ScopePart | Literal["unscoped"] | None) -> AskedScope:
    if scope is None:
        return None
    if scope == "unscoped":
        return Unscoped()
    if scope.trust is not None:
        raise BadRequest("trusts are not offered by this cloud: scope to a project, a domain or the system")
    if sum(part is not None for part in (scope.project, scope.domain, scope.system, scope.unscoped)) != 1:
        raise BadRequest("a scope is exactly one of project, domain, system and unscoped")
    if scope.system is not None:
        return SystemScope()
    if scope.project is not None:
        project = scope.project
        if project.id is None and (project.name is None or project.domain is None):
            raise BadRequest("a project is named by id, or by name and domain")
        return ProjectName(id=project.id, name=project.name, domain=_domain(project.domain))
    return Unscoped() if scope.domain is None else _domain(scope.domain)


HANDLERS: Final[tuple[Routes, ...]] = (
    issue_token,
    show_token,
    check_token,
    revoke_token,
    list_own_projects,
    list_own_domains,
    list_own_system_scopes,
)
