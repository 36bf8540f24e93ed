"""Credentials that other services and clients keep with a user, EC2 access keys among them.

This cloud keeps them and acts upon none: nobody logs in by one. Keystone has them at /v3/credentials and, those of EC2,
below /v3/users/{id}/credentials/OS-EC2 too.
"""

import hashlib
import secrets
from collections.abc import Mapping
from typing import Final, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from berthline.domain.auth import Caller
from berthline.domain.clock import Clock
from berthline.domain.errors import BadRequest, Forbidden, NotFound
from berthline.domain.identity import StoredCredential, new_identity_id
from berthline.identity.fields import or_else
from berthline.identity.rights import may_read_all
from berthline.store import Connection, Store
from berthline.store.identity import directory as identity_rows
from berthline.store.identity import stored as rows

EC2: Final = "ec2"
MOST: Final = 500
"""Of one user."""
KEY_BYTES: Final = 16
"""Of an access key and of its secret, which are written in hexadecimal digits, as Keystone makes them."""

V = TypeVar("V")


class KeyPair(msgspec.Struct, frozen=True):
    """What the blob of an EC2 credential holds; anything else in it is kept."""

    access: str
    secret: str

    def __repr__(self) -> str:
        return f"KeyPair(access={self.access!r}, secret hidden)"


class CredentialFields(msgspec.Struct, frozen=True, kw_only=True):
    """Of a new one or of a change; what is UNSET takes its default or stays."""

    user_id: str | UnsetType = UNSET
    project_id: str | UnsetType | None = UNSET
    type: str | UnsetType = UNSET
    blob: str | UnsetType = UNSET
    extra: dict[str, object] | UnsetType = UNSET

    def __repr__(self) -> str:
        return f"CredentialFields(type={self.type!r}, blob hidden)"


class StoredCredentials:
    """Every method takes the caller, who has to be the user or an admin.

    Raises Forbidden, NotFound for what is somebody else's as for what never was, BadRequest, Conflict.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def list(self, caller: Caller, wanted: Mapping[str, object]) -> tuple[StoredCredential, ...]:
        """Those that the caller may see: one's own, or everybody's for an admin."""
        if not may_read_all(caller):
            if wanted.get("user_id", caller.user_id) != caller.user_id:
                return ()
            wanted = {**wanted, "user_id": caller.user_id}
        return await self._store.read(lambda connection: rows.credentials(connection, wanted))

    async def show(self, caller: Caller, credential_id: str) -> StoredCredential:
        return await self._store.read(lambda connection: _seen(connection, caller, credential_id))

    async def create(self, caller: Caller, fields: CredentialFields) -> StoredCredential:
        user_id = or_else(fields.user_id, caller.user_id)
        _require_owner(caller, user_id)
        if isinstance(fields.type, UnsetType) or isinstance(fields.blob, UnsetType):
            raise BadRequest("a credential has a type and a blob")
        made = _checked(
            StoredCredential(
                id=new_identity_id(),
                user_id=user_id,
                project_id=or_else(fields.project_id, None),
                type=fields.type,
                blob=fields.blob,
                extra=or_else(fields.extra, {}),
            )
        )
        return await self._add(made)

    async def update(self, caller: Caller, credential_id: str, fields: CredentialFields) -> StoredCredential:
        """An EC2 one may not change its access key's owner: its project and user stay."""
        at = self._clock.now()

        def work(connection: Connection) -> StoredCredential:
            before = _seen(connection, caller, credential_id)
            identity_rows.lock(connection, "user", before.user_id)
            before = _seen(connection, caller, credential_id)
            _require_owner(caller, before.user_id)
            after = _checked(
                StoredCredential(
                    id=before.id,
                    user_id=or_else(fields.user_id, before.user_id),
                    project_id=or_else(fields.project_id, before.project_id),
                    type=or_else(fields.type, before.type),
                    blob=or_else(fields.blob, before.blob),
                    extra={**before.extra, **or_else(fields.extra, {})},
                )
            )
            _require_owner(caller, after.user_id)
            if before.type == EC2 and (after.user_id, after.project_id) != (before.user_id, before.project_id):
                raise BadRequest("an EC2 credential stays its user's and its project's: make another one")
            if after.user_id != before.user_id:
                _hold_user(connection, after.user_id)
            _hold_project(connection, after.project_id)
            rows.change_credential(connection, before, after, at)
            return after

        return await self._store.write(work)

    async def delete(self, caller: Caller, credential_id: str) -> None:
        at = self._clock.now()

        def work(connection: Connection) -> None:
            found = _seen(connection, caller, credential_id)
            _require_owner(caller, found.user_id)
            rows.remove_credential(connection, found.id, at)

        await self._store.write(work)

    async def create_ec2(self, caller: Caller, user_id: str, project_id: str) -> StoredCredential:
        """A new access key and its secret, for the user in this project."""
        _require_owner(caller, user_id)
        pair = KeyPair(access=secrets.token_hex(KEY_BYTES), secret=secrets.token_hex(KEY_BYTES))
        made = StoredCredential(
            id=digest(pair.access),
            user_id=user_id,
            project_id=project_id,
            type=EC2,
            blob=msgspec.json.encode({"access": pair.access, "secret": pair.secret, "trust_id": None}).decode(),
        )
        return await self._add(made)

    async def list_ec2(self, caller: Caller, user_id: str) -> tuple[StoredCredential, ...]:
        if user_id != caller.user_id and not may_read_all(caller):
            raise _forbidden()
        wanted = {"user_id": user_id, "type": EC2}
        return await self._store.read(lambda connection: rows.credentials(connection, wanted))

    async def show_ec2(self, caller: Caller, user_id: str, access: str) -> StoredCredential:
        if user_id != caller.user_id and not may_read_all(caller):
            raise _forbidden()
        return await self._store.read(lambda connection: _ec2(connection, user_id, access))

    async def delete_ec2(self, caller: Caller, user_id: str, access: str) -> None:
        _require_owner(caller, user_id)
        at = self._clock.now()

        def work(connection: Connection) -> None:
            rows.remove_credential(connection, _ec2(connection, user_id, access).id, at)

        await self._store.write(work)

    async def _add(self, made: StoredCredential) -> StoredCredential:
        at = self._clock.now()

        def work(connection: Connection) -> StoredCredential:
            _hold_user(connection, made.user_id)
            _hold_project(connection, made.project_id)
            if rows.count_credentials(connection, made.user_id) >= MOST:
                raise Forbidden(f"a user has at most {MOST} credentials: delete those that are not in use")
            rows.add_credential(connection, made, at)
            return made

        return await self._store.write(work)


def digest(access: str) -> str:
    """The id of the EC2 credential with this access key, as Keystone makes it."""
    return hashlib.sha256(access.encode()).hexdigest()


def key_pair(credential: StoredCredential) -> KeyPair:
    """What an EC2 credential holds. Raises BadRequest where it is not that."""
    try:
        return msgspec.json.decode(credential.blob, type=KeyPair)
    except msgspec.DecodeError:
        raise BadRequest("the blob of an EC2 credential is JSON with access and secret") from None


def _checked(credential: StoredCredential) -> StoredCredential:
    """One of EC2 has a project, and its access key's digest as id."""
    if credential.type != EC2:
        return credential
    if credential.project_id is None:
        raise BadRequest("an EC2 credential has a project_id")
    return msgspec.structs.replace(credential, id=digest(key_pair(credential).access))


def _seen(connection: Connection, caller: Caller, credential_id: str) -> StoredCredential:
    wanted: dict[str, object] = {"id": credential_id}
    if not may_read_all(caller):
        wanted["user_id"] = caller.user_id
    found = rows.credentials(connection, wanted)
    if not found:
        raise NotFound(f"Could not find credential: {credential_id}.")
    return found[0]


def _ec2(connection: Connection, user_id: str, access: str) -> StoredCredential:
    found = rows.credentials(connection, {"id": digest(access), "user_id": user_id, "type": EC2})
    if not found:
        raise NotFound(f"Could not find credential: {access}.")
    return found[0]


def _require_owner(caller: Caller, user_id: str) -> None:
    """An application credential that is restricted makes no lasting secret of its user's, as in Keystone."""
    if caller.delegation is not None and not caller.delegation.unrestricted:
        raise _forbidden()
    if user_id != caller.user_id and not caller.is_admin:
        raise _forbidden()


def _hold_user(connection: Connection, user_id: str) -> None:
    """Raises NotFound unless the user is there and stays until the commit."""
    identity_rows.lock(connection, "user", user_id)
    if identity_rows.get_user(connection, user_id) is None:
        raise NotFound(f"Could not find user: {user_id}.")


def _hold_project(connection: Connection, project_id: str | None) -> None:
    """Likewise."""
    if project_id is not None:
        identity_rows.hold(connection, "project", project_id)
        if identity_rows.get_project(connection, project_id) is None:
            raise NotFound(f"Could not find project: {project_id}.")


def _forbidden() -> Forbidden:
    return Forbidden("You are not authorized to perform the requested action: it takes the user's own token, or admin.")
