"""What all tables share: the metadata object with constraint names, and column types."""

import ipaddress
import socket
from typing import Any, Final, Literal

import msgspec
from sqlalchemy import BigInteger, Boolean, Column, LargeBinary, MetaData, String, Text, text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Id = String(36)
Name = String(255)


_PACKED_IPV4: Final = 4


def to_json(value: Any) -> str:
    """The JSON text that the columns of type Json hold."""
    return msgspec.json.encode(value).decode()


def packed(address: str) -> bytes:
    """The 4 or 16 bytes that the columns of type Address hold. Raises ValueError for what is no address."""
    if ":" in address:
        return ipaddress.ip_address(address).packed
    try:
        return socket.inet_pton(socket.AF_INET, address)
    except OSError:
        raise ValueError(f"{address[:64]!r} is no IP address") from None


def unpacked(address: bytes) -> str:
    """The address in canonical form."""
    if len(address) == _PACKED_IPV4:
        return socket.inet_ntop(socket.AF_INET, address)
    return str(ipaddress.IPv6Address(address))


class Json(TypeDecorator[Any]):
    """A JSON document as text, written and read by msgspec; the same on SQLite and PostgreSQL."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else to_json(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else msgspec.json.decode(value)


class Address(TypeDecorator[str]):
    """An IP address as text outside and as its 4 or 16 packed bytes inside, so that it sorts in address order."""

    impl = LargeBinary(16)
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        return None if value is None else packed(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else unpacked(value)


def stamps() -> list[Column[Any]]:
    """Revision and times (microseconds since the epoch) that every noun of an API carries."""
    return [
        Column("revision", BigInteger, nullable=False, server_default="0"),
        Column("created_at", BigInteger, nullable=False),
        Column("updated_at", BigInteger, nullable=False),
    ]


def flag(name: str, *, default: bool) -> Column[bool]:
    """A boolean column that is never null."""
    return Column(name, Boolean, nullable=False, server_default="1" if default else "0")


def where(condition: str) -> dict[str, Any]:
    """Arguments that make an Index partial on both databases."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


class Trigger(msgspec.Struct, frozen=True):
    """What the database does by itself after a row of ``table`` was inserted or deleted, for each that meets the
    ``condition``. ``action`` is one statement; both speak of the row as NEW or OLD, in words that both databases know.
    """

    name: str
    table: str
    after: Literal["INSERT", "DELETE"]
    action: str
    condition: str = ""
