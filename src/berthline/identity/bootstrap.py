"""What a new cloud's identity service starts with, and the way back in for an operator who lost a password."""

import secrets
from collections.abc import Callable

import msgspec

from berthline.domain.clock import Clock
from berthline.domain.errors import Conflict, NotFound
from berthline.domain.identity import (
    BUILT_IN,
    DEFAULT_DOMAIN,
    SYSTEM,
    Assignment,
    Domain,
    Inference,
    Project,
    Role,
    Scope,
    User,
    new_identity_id,
)
from berthline.domain.ids import ProjectId, RoleId, UserId
from berthline.identity.passwords import MEMORY_KIB, TIME_COST, Passwords
from berthline.store import Connection, Store
from berthline.store.identity import directory as store_identity
from berthline.store.identity.assignments import assign
from berthline.store.identity.roles import imply, insert_role
from berthline.store.identity.tokens import SigningKey, insert_signing_key


class Login(msgspec.Struct, frozen=True, kw_only=True):
    """All that clouds.yaml needs. ``password`` is in clear: write it to a file of mode 0600 and forget it."""

    user_name: str
    password: str
    project_name: str
    domain_id: str = DEFAULT_DOMAIN

    def __repr__(self) -> str:
        return f"Login(user_name={self.user_name!r}, project_name={self.project_name!r}, password hidden)"


class Bootstrapped(msgspec.Struct, frozen=True, kw_only=True):
    """The two users that were made."""

    admin: Login
    demo: Login


def bootstrap(
    store: Store,
    clock: Clock,
    *,
    before: Callable[["Bootstrapped"], None] = lambda _made: None,
    hash_time_cost: int = TIME_COST,
    hash_memory_kib: int = MEMORY_KIB,
) -> Bootstrapped | None:
    """Make the default domain, the roles, the signing key, admin and demo with their projects, in one transaction.

    Returns their random passwords when it did, None when they were there already, or another process makes them at the
    same moment. ``before`` is told them before anything is written, and nothing is when it raises. Blocks.
    """
    if store.read_now(_is_made):
        return None
    made = Bootstrapped(
        admin=Login(user_name="admin", password=secrets.token_urlsafe(24), project_name="admin"),
        demo=Login(user_name="demo", password=secrets.token_urlsafe(24), project_name="demo"),
    )
    passwords = Passwords(time_cost=hash_time_cost, memory_kib=hash_memory_kib, verifies=False)
    admin_hash, demo_hash = passwords.hash_each((made.admin.password, made.demo.password))
    passwords.close()
    at = clock.now()
    before(made)

    def work(connection: Connection) -> None:
        roles = _make_roles(connection, at)
        admin = _make_user(connection, made.admin, admin_hash, roles["admin"], at)
        assign(connection, Assignment(user_id=admin, role_id=roles["admin"], scope=SYSTEM), at)
        _make_user(connection, made.demo, demo_hash, roles["member"], at)

    try:
        store.write_now(work)
    except Conflict:  # the default domain is another process's, who has the passwords
        if not store.read_now(_is_made):
            raise
        return None
    return made


def reset_password(store: Store, clock: Clock, user_name: str) -> str:
    """Give a user of the default domain a new random password, which ends its tokens. Raises NotFound. Blocks."""
    password = secrets.token_urlsafe(24)
    passwords = Passwords()
    hashed = passwords.hash_now(password)
    passwords.close()
    at = clock.now()

    def work(connection: Connection) -> None:
        user = store_identity.find_user(connection, DEFAULT_DOMAIN, user_name)
        if user is None:
            raise NotFound(f"there is no user {user_name} in the default domain")
        store_identity.lock(connection, "user", user.id)
        if store_identity.get_user(connection, user.id) is None:  # deleted at this very moment
            raise NotFound(f"there is no user {user_name} in the default domain")
        store_identity.set_password(connection, user.id, hashed, at)

    store.write_now(work)
    return password


def _is_made(connection: Connection) -> bool:
    return store_identity.get_domain(connection, DEFAULT_DOMAIN) is not None


def _make_roles(connection: Connection, at: int) -> dict[str, RoleId]:
    """The domain, the roles and the first signing key; gives the ids of the roles by name."""
    store_identity.insert_domain(
        connection, Domain(id=DEFAULT_DOMAIN, name="Default", description="The default domain", enabled=True), at
    )
    insert_signing_key(connection, SigningKey(new_identity_id(), secrets.token_hex(32)), at)
    made: dict[str, RoleId] = {}
    for name in BUILT_IN:
        made[name] = RoleId(new_identity_id())
        insert_role(connection, Role(id=made[name], name=name, domain_id=None, description=None), at)
    for prior, implied in BUILT_IN.items():
        for name in implied:
            imply(connection, Inference(made[prior], made[name]), at)
    return made


def _make_user(connection: Connection, login: Login, hashed: str, role_id: RoleId, at: int) -> UserId:
    """The login's project and user, with that role on the project."""
    project_id, user_id = ProjectId(new_identity_id()), UserId(new_identity_id())
    store_identity.insert_project(
        connection,
        Project(
            id=project_id,
            domain_id=DEFAULT_DOMAIN,
            parent_id=DEFAULT_DOMAIN,
            name=login.project_name,
            description="",
            enabled=True,
        ),
        at,
    )
    user = User(
        id=user_id,
        domain_id=DEFAULT_DOMAIN,
        name=login.user_name,
        default_project_id=None,
        description="",
        email=None,
        enabled=True,
    )
    store_identity.insert_user(connection, user, hashed, at)
    assign(connection, Assignment(user_id=user_id, role_id=role_id, scope=Scope("project", project_id)), at)
    return user_id
