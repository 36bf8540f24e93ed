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
    """``extra`` is what its makers added."""

    id: DomainId
    name: str
    description: str
    enabled: bool
    tags: tuple[str, ...] = ()
    extra: dict[str, object] = {}


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
    """``domain_id`` None: a role of the whole cloud; one of a domain counts only through the roles that it implies.

    ``extra`` is what its makers added.
    """

    id: RoleId
    name: str
    domain_id: DomainId | None
    description: str | None
    extra: dict[str, object] = {}


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """Users who hold together what roles the group is given. ``extra`` is what its makers added."""

    id: str
    domain_id: DomainId
    name: str
    description: str
    extra: dict[str, object] = {}


class Inference(NamedTuple):
    """Who holds the role ``prior_id`` holds ``implied_id`` too, everywhere he holds it."""

    prior_id: RoleId
    implied_id: RoleId


class Assignment(msgspec.Struct, frozen=True, kw_only=True):
    """A user holds a role on a scope; or a group does, where ``group_id`` is one, and ``user_id`` "" then.

    ``inherited``: on every project below the scope, of a project or a domain, and not on the scope itself.
    """

    user_id: UserId
    role_id: RoleId
    scope: Scope
    group_id: str = ""
    inherited: bool = False


class AccessRule(msgspec.Struct, frozen=True, kw_only=True):
    """Requests that an application credential may make: of one service, by one method, where a path matches ``path``.

    ``service`` is a type of the catalogue; ``path`` begins behind the service's own prefix, as in /v2.1/servers/*.
    """

    id: str
    service: str
    path: str
    method: str


class ApplicationCredential(msgspec.Struct, frozen=True, kw_only=True):
    """A secret by which a program acts as a user on one project, with some of the user's roles there.

    ``rules`` None: every request. ``unrestricted``: it may make and delete others of its kind. Times in microseconds.
    The secret's hash stays in the store.
    """

    id: str
    user_id: UserId
    project_id: ProjectId
    name: str
    description: str | None
    unrestricted: bool
    expires_at: int | None
    roles: tuple[Role, ...]
    rules: tuple[AccessRule, ...] | None


class RegisteredRegion(msgspec.Struct, frozen=True, kw_only=True):
    """A region that an admin added to the catalogue. ``extra``, here and below, is what its makers added."""

    id: str
    parent_region_id: str | None
    description: str
    extra: dict[str, object]


class StoredCredential(msgspec.Struct, frozen=True, kw_only=True):
    """A secret that is kept with a user for others: ``blob`` is what they gave. An EC2 one is JSON."""

    id: str
    user_id: str
    project_id: str | None
    type: str
    blob: str
    extra: dict[str, object] = {}

    def __repr__(self) -> str:
        return f"StoredCredential(id={self.id!r}, blob hidden)"


class StoredPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """A text that another service keeps here."""

    id: str
    type: str
    blob: str
    extra: dict[str, object]


class RegisteredService(msgspec.Struct, frozen=True, kw_only=True):
    """A service beside those of this cloud."""

    id: str
    type: str
    name: str
    description: str | None
    enabled: bool
    extra: dict[str, object]


class RegisteredEndpoint(msgspec.Struct, frozen=True, kw_only=True):
    """Where such a service answers. The URL may leave open what a token says, as in %(project_id)s."""

    id: str
    service_id: str
    interface: str
    region_id: str | None
    url: str
    enabled: bool
    extra: dict[str, object]


ADMIN: Final = "admin"
BUILT_IN: Final[dict[str, tuple[str, ...]]] = {
    ADMIN: ("manager", "member", "reader"),
    "manager": ("member",),
    "member": ("reader",),
    "reader": (),
    "service": (),
}
"""The roles of the whole cloud that rights hang on, each with those that it implies in every cloud."""


def new_identity_id() -> str:
    """A fresh id of a project, user, role or domain: 32 hexadecimal digits, as Keystone makes them."""
    return new_id().replace("-", "")
