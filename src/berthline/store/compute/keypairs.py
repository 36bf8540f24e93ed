"""Keypairs: public keys of users. Private keys are never kept."""

from typing import Final

from sqlalchemy import Connection, delete, func, insert, select

from berthline.domain.compute import Keypair
from berthline.domain.errors import KeyPairExists
from berthline.domain.ids import UserId
from berthline.store.engine.prepared import Prepared
from berthline.store.tables.compute import keypairs

_GET: Final = Prepared(
    "SELECT user_id, name, type, fingerprint, public_key, created_at FROM keypairs WHERE user_id = ? AND name = ?"
)


def add(connection: Connection, keypair: Keypair) -> None:
    """Write a keypair. Raises KeyPairExists when the user has one of this name."""
    if get(connection, keypair.user_id, keypair.name) is not None:
        raise KeyPairExists(f"Key pair '{keypair.name}' already exists.")
    connection.execute(
        insert(keypairs),
        {
            "user_id": keypair.user_id,
            "name": keypair.name,
            "type": keypair.type,
            "fingerprint": keypair.fingerprint,
            "public_key": keypair.public_key,
            "created_at": keypair.created_at,
        },
    )


def get(connection: Connection, user_id: UserId, name: str) -> Keypair | None:
    """A user's keypair by name, or None."""
    row = _GET.first(connection, user_id, name)
    if row is None:
        return None
    user, named, kind, fingerprint, public_key, created_at = row
    return Keypair(
        user_id=UserId(user),
        name=named,
        type=kind,
        fingerprint=fingerprint,
        public_key=public_key,
        created_at=created_at,
    )


def page(
    connection: Connection, user_id: UserId, *, limit: int | None = None, after: str | None = None
) -> tuple[Keypair, ...]:
    """A user's keypairs by name, those after the name ``after``, at most ``limit``."""
    statement = select(keypairs).where(keypairs.c.user_id == user_id).order_by(keypairs.c.name).limit(limit)
    if after is not None:
        statement = statement.where(keypairs.c.name > after)
    return tuple(Keypair(**row) for row in connection.execute(statement).mappings())


def count(connection: Connection, user_id: UserId) -> int:
    """How many keypairs the user has."""
    return connection.execute(
        select(func.count()).select_from(keypairs).where(keypairs.c.user_id == user_id)
    ).scalar_one()


def remove(connection: Connection, user_id: UserId, name: str) -> bool:
    """Delete a keypair; False when there was none. Servers keep the key they were made with."""
    statement = delete(keypairs).where(keypairs.c.user_id == user_id, keypairs.c.name == name)
    return connection.execute(statement).rowcount == 1
