"""Who is it, and with which rights: logging in, and reading tokens.

A token is checked against the database, by one look-up of its key and one of its holder: a role taken away, a user or
project disabled or deleted, a password changed and a token revoked all hold from the next request on. What was found is
kept until a commit changes any of that, in whatever process: it raises a version in the database, which is read with
each request.
"""

import base64
import secrets

import msgspec

from berthline.domain.auth import Caller
from berthline.domain.clock import Clock
from berthline.domain.errors import BerthlineError, Forbidden, NotFound, Unauthorized
from berthline.domain.identity import SYSTEM, ApplicationCredential, Scope
from berthline.domain.ids import DomainId, ProjectId, RequestId, UserId
from berthline.identity.application_credentials import ApplicationCredentials, delegation_of
from berthline.identity.directory import Directory
from berthline.identity.logins import (
    REFUSED,
    AskedScope,
    CredentialLogin,
    LoginRequest,
    Unscoped,
    UserLogin,
    scope_meant,
    user_id_meant,
)
from berthline.identity.passwords import MEMORY_KIB, TIME_COST, Passwords
from berthline.identity.rights import may_read_all
from berthline.identity.stored_credentials import StoredCredentials
from berthline.identity.stored_policies import StoredPolicies
from berthline.identity.tokens import INVALID, REMEMBERED, Claims, sign, verify
from berthline.store import Connection, Store
from berthline.store.engine.versions import STANDINGS_TOPIC
from berthline.store.identity import application_credentials as store_credentials
from berthline.store.identity import directory as store_identity
from berthline.store.identity import tokens as store_tokens
from berthline.store.identity.tokens import RoleRef, Standing


class IdentitySettings(msgspec.Struct, frozen=True, kw_only=True):
    """``token_lifetime_seconds`` from issue to expiry; the others are argon2's cost."""

    token_lifetime_seconds: int = 3600
    hash_time_cost: int = TIME_COST
    hash_memory_kib: int = MEMORY_KIB


class TokenInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A valid token: what it claims, what its holder is now, and the application credential it was issued by."""

    claims: Claims
    standing: Standing
    credential: ApplicationCredential | None = None

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
        self.application_credentials = ApplicationCredentials(store, clock, self._passwords)
        self.credentials = StoredCredentials(store, clock)
        self.policies = StoredPolicies(store, clock)
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
        info = await self._store.read_short(lambda connection: _valid(connection, token, now))
        claims, standing = info.claims, info.standing
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
            delegation=None if info.credential is None else delegation_of(info.credential),
            request_id=RequestId(""),
        )
        return _Known(caller, version, claims.expires_at)

    async def log_in(self, request: LoginRequest) -> tuple[str, TokenInfo]:
        """A new token. Raises Unauthorized, for whatever reason, with one and the same message."""
        if request.credential is not None:
            return await self._log_in_by_credential(request.credential)
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

        try:
            info = await self._store.read_short(lambda connection: _valid(connection, token, now))
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
            user_id = user_id_meant(connection, login)
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

    async def _log_in_by_credential(self, login: CredentialLogin) -> tuple[str, TokenInfo]:
        """Takes as long for a credential that does not exist."""

        def look_up(connection: Connection) -> tuple[str | None, str | None]:
            found = login.id
            if found is None and login.user is not None and login.name is not None:
                found = store_credentials.find_credential(connection, user_id_meant(connection, login.user), login.name)
            return found, None if found is None else store_credentials.secret_of(connection, found)

        credential_id, hashed = await self._store.read_short(look_up)
        if not await self._passwords.verify(login.secret, hashed) or hashed is None or credential_id is None:
            raise Unauthorized(REFUSED)
        known = credential_id
        if self._passwords.outdated(hashed):
            new = await self._passwords.hash(login.secret)
            await self._store.write(
                lambda connection: store_credentials.replace_secret(connection, known, old=hashed, new=new)
            )
        now = self._clock.now()

        def work(connection: Connection) -> tuple[str, TokenInfo]:
            credential = _usable(store_credentials.get_credential(connection, known), now)
            scope = Scope("project", credential.project_id)
            standing = _narrowed(store_tokens.standing(connection, credential.user_id, scope), credential)
            if standing is None or not standing.usable or not standing.roles:
                raise Unauthorized(REFUSED)
            ends = self._ends(now) if credential.expires_at is None else min(self._ends(now), credential.expires_at)
            claims = _claims(credential.user_id, scope, ("application_credential",), standing, now, ends)
            claims = msgspec.structs.replace(claims, credential_id=known)
            return _signed(connection, TokenInfo(claims=claims, standing=standing, credential=credential))

        return await self._store.read_short(work)

    def _ends(self, now: int) -> int:
        return now + self._settings.token_lifetime_seconds * 1_000_000

    async def _parent(self, token: str) -> Claims:
        now = self._clock.now()
        info = await self._store.read_short(lambda connection: _valid(connection, token, now))
        if info.credential is not None:
            raise Forbidden(
                "You are not authorized to perform the requested action: Using a delegated token to create another "
                "token is not allowed."
            )
        return info.claims

    async def _issue(
        self, user_id: str, asked: AskedScope, methods: tuple[str, ...], parent: Claims | None
    ) -> tuple[str, TokenInfo]:
        now = self._clock.now()

        def work(connection: Connection) -> tuple[str, TokenInfo]:
            scope, standing = _standing_for(connection, user_id, asked)
            ends = self._ends(now) if parent is None else parent.expires_at
            claims = _claims(user_id, scope, methods, standing, now, ends)
            if parent is not None:
                claims = msgspec.structs.replace(claims, audit_ids=(*claims.audit_ids, parent.audit_ids[-1]))
            return _signed(connection, TokenInfo(claims=claims, standing=standing))

        return await self._store.read_short(work)


def _claims(
    user_id: str, scope: Scope | None, methods: tuple[str, ...], standing: Standing, now: int, ends: int
) -> Claims:
    """Those of a new token, the first of its chain."""
    audit_id = base64.urlsafe_b64encode(secrets.token_bytes(16)).rstrip(b"=").decode()
    return Claims(
        token_id=secrets.token_hex(16),
        user_id=UserId(user_id),
        scope=scope,
        methods=methods,
        audit_ids=(audit_id,),
        issued_at=now,
        expires_at=ends,
        generation=standing.tokens_generation,
    )


def _signed(connection: Connection, info: TokenInfo) -> tuple[str, TokenInfo]:
    key = store_tokens.newest_signing_key(connection)
    if key is None:
        raise BerthlineError("the store holds no signing key: bootstrap the identity service first")
    return sign(info.claims, key), info


def _usable(credential: ApplicationCredential | None, now: int) -> ApplicationCredential:
    if credential is None or (credential.expires_at is not None and credential.expires_at <= now):
        raise Unauthorized(REFUSED)
    return credential


def _narrowed(standing: Standing | None, credential: ApplicationCredential) -> Standing | None:
    """With those of the roles that the credential has, too."""
    if standing is None:
        return None
    held = {role.id for role in credential.roles}
    return standing._replace(roles=tuple(role for role in standing.roles if role.id in held))


def _valid(connection: Connection, token: str, now: int) -> TokenInfo:
    claims = verify(token, lambda key_id: store_tokens.signing_key(connection, key_id), now)
    standing = store_tokens.standing(connection, claims.user_id, claims.scope, claims.token_id)
    credential = None
    if claims.credential_id is not None:
        credential = _usable(store_credentials.get_credential(connection, claims.credential_id), now)
        standing = _narrowed(standing, credential)
    if standing is None or not standing.usable or standing.revoked or claims.generation != standing.tokens_generation:
        raise Unauthorized(INVALID)
    if claims.scope is not None and not standing.roles:
        raise Unauthorized(INVALID)
    return TokenInfo(claims=claims, standing=standing, credential=credential)


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
    meant = scope_meant(connection, asked)
    standing = store_tokens.standing(connection, user_id, meant)
    if standing is None or not standing.usable or (meant is not None and not standing.roles):
        raise Unauthorized(REFUSED)
    return meant, standing
