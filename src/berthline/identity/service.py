"""Who is it, and with which rights: logging in, and reading tokens.

A token is checked against the database, by one look-up of its key and one of its holder: a role taken away, a user or
project disabled or deleted, a password changed and a token revoked all hold from the next request on. What was found is
kept until a commit changes any of that, in whatever process: it raises a version in the database, which is read with
each request.
"""

import base64
import secrets
from typing import Final

import msgspec

from berthline.domain.auth import Caller
from berthline.domain.clock import Clock
from berthline.domain.errors import BerthlineError, Forbidden, NotFound, Unauthorized
from berthline.domain.identity import SYSTEM, Scope
from berthline.domain.ids import DomainId, ProjectId, RequestId, UserId
from berthline.identity.directory import Directory
from berthline.identity.passwords import MEMORY_KIB, TIME_COST, Passwords
from berthline.identity.rights import may_read_all
from berthline.identity.tokens import INVALID, REMEMBERED, Claims, sign, verify
from berthline.store import Connection, Store
from berthline.store.engine.versions import STANDINGS_TOPIC
from berthline.store.identity import directory as store_identity
from berthline.store.identity import tokens as store_tokens
from berthline.store.identity.tokens import RoleRef, Standing

REFUSED: Final = "The request you have made requires authentication."
"""All that a failed login is told: whether the user exists, is disabled or has another password stays unsaid."""


class IdentitySettings(msgspec.Struct, frozen=True, kw_only=True):
    """``token_lifetime_seconds`` from issue to expiry; the others are argon2's cost."""

    token_lifetime_seconds: int = 3600
    hash_time_cost: int = TIME_COST
    hash_memory_kib: int = MEMORY_KIB


class DomainName(msgspec.Struct, frozen=True, kw_only=True):
    """A domain by id or by name."""

    id: str | None = None
    name: str | None = None


class UserLogin(msgspec.Struct, frozen=True, kw_only=True):
    """A user by id, or by name and domain, and the password."""

    password: str
    id: str | None = None
    name: str | None = None
    domain: DomainName | None = None


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
    """By password, by token, or by both, which must then name the same user. ``scope`` None: the default project."""

    password: UserLogin | None = None
    token: str | None = None
    scope: AskedScope = None


class TokenInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A valid token: what it claims, and what its holder is now."""

    claims: Claims
    standing: Standing

    @property
    def roles(self) -> tuple[RoleRef, ...]:
        """Those that count: what is assigned, with what that implies, and none of a domain."""
        return self.standing.roles


class _Known(msgspec.Struct, frozen=True):
    """The holder of a token, as of a version of everything that decides over it."""

    caller: Caller
    version: int
    expires_at: int


class Identity:
    """Log in, read and revoke tokens. ``directory`` keeps projects, users and roles."""

    def __init__(self, store: Store, clock: Clock, settings: IdentitySettings | None = None) -> None:
        self._store = store
        self._clock = clock
        self._settings = settings or IdentitySettings()
        self._passwords = Passwords(time_cost=self._settings.hash_time_cost, memory_kib=self._settings.hash_memory_kib)
        self.directory = Directory(store, clock, self._passwords)
        self._known: dict[str, _Known] = {}

    def close(self) -> None:
        """Let the threads that hash passwords end."""
        self._passwords.close()

    async def caller(self, token: str, request_id: RequestId) -> Caller:
        """The holder of ``token``, for handlers of every service. Raises Unauthorized."""
        now = self._clock.now()
        version = await self._store.version(
            STANDINGS_TOPIC
        )  # before the look-up, so that a change meanwhile outdates it
        known = self._known.get(token)
        if known is None or known.version != version:
            known = await self._look_up(token, version, now)
            if len(self._known) >= REMEMBERED:
                self._known.pop(next(iter(self._known)), None)
            self._known[token] = known
        if known.expires_at <= now:
            raise Unauthorized(INVALID)
        return msgspec.structs.replace(known.caller, request_id=request_id)

    async def _look_up(self, token: str, version: int, now: int) -> _Known:
        claims, standing = await self._store.read_short(lambda connection: _valid(connection, token, now))
        project = standing.project
        if project is not None:
            domain_id = project.domain.id
        else:
            domain_id = standing.domain.id if standing.domain else standing.user.domain.id
        caller = Caller(
            user_id=UserId(standing.user.id),
            user_name=standing.user.name,
            project_id=ProjectId(project.id if project else ""),
            project_name=project.name if project else "",
            domain_id=DomainId(domain_id),
            roles=frozenset(role.name for role in standing.roles),
            system_scope=claims.scope == SYSTEM,
            request_id=RequestId(""),
        )
        return _Known(caller, version, claims.expires_at)

    async def log_in(self, request: LoginRequest) -> tuple[str, TokenInfo]:
        """A new token. Raises Unauthorized, for whatever reason, with one and the same message."""
        methods: list[str] = []
        user_id: str | None = None
        generation = 0
        parent: Claims | None = None
        if request.password is not None:
            user_id, generation = await self._check_password(request.password)
            methods.append("password")
        if request.token is not None:
            parent = await self._parent(request.token)
            if user_id not in {None, parent.user_id}:
                raise Unauthorized(REFUSED)
            user_id, generation = parent.user_id, parent.generation
            methods += ["token", *(method for method in parent.methods if method not in {*methods, "token"})]
        if user_id is None:
            raise Unauthorized(REFUSED)
        token, info = await self._issue(user_id, request.scope, tuple(methods), parent)
        if info.claims.generation != generation:  # the password was changed while the old one was being checked
            raise Unauthorized(REFUSED)
        return token, info

    async def validate(self, caller: Caller, token: str) -> TokenInfo:
        """What the token of another (``X-Subject-Token``) is good for.

        Raises NotFound when it is not valid, Forbidden unless it is the caller's own or the caller may read all.
        """
        now = self._clock.now()

        def work(connection: Connection) -> TokenInfo:
            claims, standing = _valid(connection, token, now)
            return TokenInfo(claims=claims, standing=standing)

        try:
            info = await self._store.read_short(work)
        except Unauthorized:
            raise NotFound("no such token, or it is no longer valid") from None
        if info.claims.user_id != caller.user_id and not may_read_all(caller):
            raise Forbidden("only an admin may look at another user's token")
        return info

    async def revoke(self, caller: Caller, token: str) -> None:
        """End the token now. Raises NotFound when it is not valid, Forbidden when it is another user's."""
        info = await self.validate(caller, token)
        if info.claims.user_id != caller.user_id and not caller.is_admin:
            raise Forbidden("only an admin may revoke another user's token")
        claims, now = info.claims, self._clock.now()
        await self._store.write(
            lambda connection: store_tokens.revoke_token(connection, claims.token_id, claims.expires_at, now)
        )

    async def change_password(self, user_id: str, original: str, password: str) -> None:
        """A user's own change of password, which ends all of the user's tokens. Raises Unauthorized, BadRequest."""
        hashed = await self._store.read_short(lambda connection: store_identity.password_hash(connection, user_id))
        if not await self._passwords.verify(original, hashed):
            raise Unauthorized(REFUSED)
        new, now = await self._passwords.hash(password), self._clock.now()

        def work(connection: Connection) -> None:
            store_identity.lock(connection, "user", user_id)
            if store_identity.password_hash(connection, user_id) != hashed:  # changed while the original was checked
                raise Unauthorized(REFUSED)
            store_identity.set_password(connection, user_id, new, now)

        await self._store.write(work)

    async def _check_password(self, login: UserLogin) -> tuple[str, int]:
        """The id of the user whose password this is, and the generation of tokens that it gives.

        Takes as long for a user that does not exist.
        """

        def look_up(connection: Connection) -> tuple[str, str | None, int]:
            user_id = _user_id(connection, login)
            return user_id, *store_identity.password_of(connection, user_id)

        user_id, hashed, generation = await self._store.read_short(look_up)
        if not await self._passwords.verify(login.password, hashed) or hashed is None:
            raise Unauthorized(REFUSED)
        if self._passwords.outdated(hashed):
            new = await self._passwords.hash(login.password)
            await self._store.write(
                lambda connection: store_identity.replace_hash(connection, user_id, old=hashed, new=new)
            )
        return user_id, generation

    async def _parent(self, token: str) -> Claims:
        now = self._clock.now()
        claims, _standing = await self._store.read_short(lambda connection: _valid(connection, token, now))
        return claims

    async def _issue(
        self, user_id: str, asked: AskedScope, methods: tuple[str, ...], parent: Claims | None
    ) -> tuple[str, TokenInfo]:
        now = self._clock.now()
        lifetime_end = now + self._settings.token_lifetime_seconds * 1_000_000

        def work(connection: Connection) -> tuple[str, TokenInfo]:
            scope, standing = _standing_for(connection, user_id, asked)
            audit_id = base64.urlsafe_b64encode(secrets.token_bytes(16)).rstrip(b"=").decode()
            claims = Claims(
                token_id=secrets.token_hex(16),
                user_id=UserId(user_id),
                scope=scope,
                methods=methods,
                audit_ids=(audit_id,) if parent is None else (audit_id, parent.audit_ids[-1]),
                issued_at=now,
                expires_at=lifetime_end if parent is None else parent.expires_at,
                generation=standing.tokens_generation,
            )
            key = store_tokens.newest_signing_key(connection)
            if key is None:
                raise BerthlineError("the store holds no signing key: bootstrap the identity service first")
            return sign(claims, key), TokenInfo(claims=claims, standing=standing)

        return await self._store.read_short(work)


def _valid(connection: Connection, token: str, now: int) -> tuple[Claims, Standing]:
    claims = verify(token, lambda key_id: store_tokens.signing_key(connection, key_id), now)
    standing = store_tokens.standing(connection, claims.user_id, claims.scope, claims.token_id)
    if standing is None or not standing.usable or standing.revoked or claims.generation != standing.tokens_generation:
        raise Unauthorized(INVALID)
    if claims.scope is not None and not standing.roles:
        raise Unauthorized(INVALID)
    return claims, standing


def _standing_for(connection: Connection, user_id: str, asked: AskedScope) -> tuple[Scope | None, Standing]:
    """The scope that is meant and the user's standing on it; raises Unauthorized when it is good for nothing."""
    if asked is None:
        user = store_identity.get_user(connection, user_id)
        if user is not None and user.default_project_id is not None:
            scope = Scope("project", user.default_project_id)
            standing = store_tokens.standing(connection, user_id, scope)
            if standing is not None and standing.usable and standing.roles:
                return scope, standing
        asked = Unscoped()
    meant = _scope(connection, asked)
    standing = store_tokens.standing(connection, user_id, meant)
    if standing is None or not standing.usable or (meant is not None and not standing.roles):
        raise Unauthorized(REFUSED)
    return meant, standing


def _scope(connection: Connection, asked: ProjectName | DomainName | SystemScope | Unscoped) -> Scope | None:
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


def _user_id(connection: Connection, login: UserLogin) -> str:
    """The user's id; "" when there is no such user."""
    if login.id is not None:
        return login.id
    if login.name is None or login.domain is None:
        return ""
    user = store_identity.find_user(connection, _domain_id(connection, login.domain), login.name)
    return user.id if user else ""


def _domain_id(connection: Connection, domain: DomainName) -> str:
    if domain.id is not None:
        return domain.id
    found = store_identity.find_domain(connection, domain.name or "")
    return found.id if found else ""
