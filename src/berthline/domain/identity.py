"""Identity values: domains, projects, users, roles and who has which role where."""

from typing import Final, Literal, NamedTuple

import msgspec

from berthline.domain.ids import DomainId, ProjectId, RoleId, UserId, new_id

DEFAULT_DOMAIN: Final = DomainId("default")
SYSTEM_TARGET: Final = "all"
"""What a role on the system is a role on: there is one system, and all of it."""

ScopeKind = Literal["project", "domain", "system"]


class Scope(NamedTuple):
    """What a role is held on, or a token is good for."""

    kind: ScopeKind
    target_id: str


SYSTEM: Final = Scope("system", SYSTEM_TARGET)


class Domain(msgspec.Struct, frozen=True, kw_only=True):
    id: DomainId
    name: str
    description: str
    enabled: bool


class Project(msgspec.Struct, frozen=True, kw_only=True):
    """``parent_id`` is another project, or the domain for one at the top. ``extra`` is what its makers added."""

    id: ProjectId
    domain_id: DomainId
    parent_id: str
    name: str
    description: str
    enabled: bool
    tags: tuple[str, ...] = ()
    extra: dict[str, object] = {}


class User(msgspec.Struct, frozen=True, kw_only=True):
    """A user as others may see it: the password's hash stays in the store."""

    id: UserId
    domain_id: DomainId
    name: str
    default_project_id: ProjectId | None
    description: str
    email: str | None
    enabled: bool
    extra: dict[str, object] = {}


class Role(msgspec.Struct, frozen=True, kw_only=True):
    """``domain_id`` None: a role of the whole cloud."""

    id: RoleId
    name: str
    domain_id: DomainId | None
    description: str | None


class Assignment(msgspec.Struct, frozen=True, kw_only=True):
    """A user holds a role on a scope."""

    user_id: UserId
    role_id: RoleId
    scope: Scope


IMPLIED: Final[dict[str, tuple[str, ...]]] = {"admin": ("member", "reader"), "member": ("reader",)}
"""Who holds the role on the left holds those on the right, everywhere he holds it."""


def effective(names: frozenset[str]) -> frozenset[str]:
    """The role names held when these are assigned."""
    return names.union(*(IMPLIED.get(name, ()) for name in names))


def new_identity_id() -> str:
    """A fresh id of a project, user, role or domain: 32 hexadecimal digits, as Keystone makes them."""
    return new_id().replace("-", "")
