"""What a login names, by ids or by names, and which scope and which user are meant."""

from typing import Final

import msgspec

from berthline.domain.errors import Unauthorized
from berthline.domain.identity import SYSTEM, Scope
from berthline.store import Connection
from berthline.store.identity import directory as store_identity

REFUSED: Final = "The request you have made requires authentication."
"""All that a failed login is told: whether the user exists, is disabled or has another password stays unsaid."""


class DomainName(msgspec.Struct, frozen=True, kw_only=True):
    """A domain by id or by name."""

    id: str | None = None
    name: str | None = None


class UserName(msgspec.Struct, frozen=True, kw_only=True):
    """A user by id, or by name and domain."""

    id: str | None = None
    name: str | None = None
    domain: DomainName | None = None


class UserLogin(UserName, frozen=True, kw_only=True):
    """A user and the password."""

    password: str


class CredentialLogin(msgspec.Struct, frozen=True, kw_only=True):
    """An application credential by id, or by name and user, and its secret."""

    secret: str
    id: str | None = None
    name: str | None = None
    user: UserName | None = None

    def __repr__(self) -> str:
        return f"CredentialLogin(id={self.id!r}, secret hidden)"


class ProjectName(msgspec.Struct, frozen=True, kw_only=True):
    """A project by id, or by name and domain."""

    id: str | None = None
    name: str | None = None
    domain: DomainName | None = None


class SystemScope(msgspec.Struct, frozen=True):
    """All of the cloud."""


class Unscoped(msgspec.Struct, frozen=True):
    """Asked for explicitly: no default project."""


AskedScope = ProjectName | DomainName | SystemScope | Unscoped | None


class LoginRequest(msgspec.Struct, frozen=True, kw_only=True):
    """By password, by token, or by both, which must then name the same user. ``scope`` None: the default project.

    By an application credential alone: the scope is the credential's.
    """

    password: UserLogin | None = None
    token: str | None = None
    credential: CredentialLogin | None = None
    scope: AskedScope = None


def scope_meant(connection: Connection, asked: ProjectName | DomainName | SystemScope | Unscoped) -> Scope | None:
    """The scope; None for none. What is not there is a scope that nobody has a role on."""
    match asked:
        case Unscoped():
            return None
        case SystemScope():
            return SYSTEM
        case DomainName():
            return Scope("domain", _domain_id(connection, asked))
        case ProjectName(id=str(project_id)):
            return Scope("project", project_id)
        case ProjectName(name=str(name), domain=DomainName() as domain):
            project = store_identity.find_project(connection, _domain_id(connection, domain), name)
            return Scope("project", project.id if project else "")
    raise Unauthorized(REFUSED)


def user_id_meant(connection: Connection, user: UserName) -> str:
    """The user's id; "" when there is no such user."""
    if user.id is not None:
        return user.id
    if user.name is None or user.domain is None:
        return ""
    found = store_identity.find_user(connection, _domain_id(connection, user.domain), user.name)
    return found.id if found else ""


def _domain_id(connection: Connection, domain: DomainName) -> str:
    if domain.id is not None:
        return domain.id
    found = store_identity.find_domain(connection, domain.name or "")
    return found.id if found else ""
