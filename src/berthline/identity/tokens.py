"""Tokens: what they claim, and how that is signed. A token says who and where, never what that is good for."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

import jwt
import msgspec

from berthline.domain.errors import Unauthorized
from berthline.domain.identity import Scope, ScopeKind
from berthline.domain.ids import UserId
from berthline.store.identity.tokens import SigningKey

ALGORITHM: Final = "HS256"
LONGEST: Final = 4096
INVALID: Final = "The token is not valid: it may have expired or been revoked. Ask for a new one."
REMEMBERED: Final = 1024
"""Tokens whose signature, and whose holder, are kept in memory; expiry is looked at each time."""

_MICRO: Final = 1_000_000


class Claims(msgspec.Struct, frozen=True, kw_only=True):
    """What a token says. Times in microseconds; ``audit_ids``: its own, then that of the first token of its chain.

    ``generation`` is the user's when it was issued: it counts until the user has another, whatever the clocks say.
    ``credential_id``: the application credential it was issued by, with which it ends.
    """

    token_id: str
    user_id: UserId
    scope: Scope | None
    methods: tuple[str, ...]
    audit_ids: tuple[str, ...]
    issued_at: int
    expires_at: int
    generation: int = 0
    credential_id: str | None = None


class _Wire(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The claims as the JWT carries them; times in seconds, as RFC 7519 wants them."""

    jti: str
    sub: str
    scope: tuple[ScopeKind, str] | None = None
    methods: tuple[str, ...]
    audit: tuple[str, ...]
    iat: float
    exp: float
    generation: int = 0
    credential: str | None = None


def sign(claims: Claims, key: SigningKey) -> str:
    """The token's text."""
    wire = _Wire(
        jti=claims.token_id,
        sub=claims.user_id,
        scope=claims.scope,
        methods=claims.methods,
        audit=claims.audit_ids,
        iat=claims.issued_at / _MICRO,
        exp=claims.expires_at / _MICRO,
        generation=claims.generation,
        credential=claims.credential_id,
    )
    payload: dict[str, Any] = msgspec.to_builtins(wire)
    return jwt.encode(payload, bytes.fromhex(key.secret), algorithm=ALGORITHM, headers={"kid": key.id})


def verify(token: str, key_named: Callable[[str], SigningKey | None], now: int) -> Claims:
    """The claims of a token that a key of ours has signed and that has not expired; raises Unauthorized otherwise."""
    if len(token) > LONGEST:
        raise Unauthorized(INVALID)
    key = key_named(_key_id(token))
    if key is None:
        raise Unauthorized(INVALID)
    claims = _signed(token, key.secret)
    if claims.expires_at <= now:
        raise Unauthorized(INVALID)
    return claims


@lru_cache(maxsize=REMEMBERED)
def _key_id(token: str) -> str:
    """The id of the key by which the token says it is signed."""
    try:
        key_id = jwt.get_unverified_header(token).get("kid")
    except jwt.PyJWTError:
        key_id = None
    if not isinstance(key_id, str):
        raise Unauthorized(INVALID)
    return key_id


@lru_cache(maxsize=REMEMBERED)
def _signed(token: str, secret: str) -> Claims:
    """What the token claims, when ``secret`` has signed it. A pure function, and so remembered; errors are not."""
    try:
        payload = jwt.decode(
            token,
            bytes.fromhex(secret),
            algorithms=[ALGORITHM],
            # the clock that judges is ours, which tests own
            options={"verify_exp": False, "verify_iat": False, "require": ["exp", "iat", "sub", "jti"]},
        )
        wire = msgspec.convert(payload, _Wire)
    except (jwt.PyJWTError, msgspec.ValidationError, ValueError):
        raise Unauthorized(INVALID) from None
    return Claims(
        token_id=wire.jti,
        user_id=UserId(wire.sub),
        scope=_scope(wire.scope),
        methods=wire.methods,
        audit_ids=wire.audit,
        issued_at=round(wire.iat * _MICRO),
        expires_at=round(wire.exp * _MICRO),
        generation=wire.generation,
        credential_id=wire.credential,
    )


def _scope(pair: tuple[ScopeKind, str] | None) -> Scope | None:
    if pair is None:
        return None
    kind, target = pair
    return Scope(kind, target)
