"""Servers between rows and values, by hand: every boot, every look at a server and every step reads one."""

from collections.abc import Iterable
from typing import Any, Final

import msgspec
from sqlalchemy import RowMapping

from berthline.domain.compute import Fault, Flavor, Nic, Server
from berthline.domain.disks import Disk
from berthline.domain.hardware import Hardware
from berthline.store.engine.prepared import Row
from berthline.store.tables.base import to_json
from berthline.store.tables.compute import servers

_NAMES: Final = tuple(column.name for column in servers.c)
COLUMNS: Final = ", ".join(_NAMES)
"""The columns in the order of ``server_of`` and ``values_of``; the second is the project."""

PLACES: Final = ", ".join("?" for _ in _NAMES)
JSON_COLUMNS: Final = frozenset(
    {"flavor", "metadata", "security_groups", "tags", "scheduler_hints", "fault", "disks", "hardware"}
)

_FIELDS: Final = tuple("security_group_names" if name == "security_groups" else name for name in _NAMES)
_FLAVOR: Final = msgspec.json.Decoder(Flavor)
_FAULT: Final = msgspec.json.Decoder(Fault)
_DISKS: Final = msgspec.json.Decoder(tuple[Disk, ...])
_HARDWARE: Final = msgspec.json.Decoder(Hardware)
_PLAIN: Final = Hardware()
_WORDS: Final = msgspec.json.Decoder(tuple[str, ...])
_METADATA: Final = msgspec.json.Decoder(dict[str, str])
_HINTS: Final = msgspec.json.Decoder(dict[str, str | list[str]])


def server_of(row: Row, nics: tuple[Nic, ...]) -> Server:
    """The server of a row of ``COLUMNS``, with its NICs."""
    values: dict[str, Any] = dict(zip(_FIELDS, row, strict=True))
    values["flavor"] = _FLAVOR.decode(values["flavor"])
    values["metadata"] = {} if values["metadata"] == "{}" else _METADATA.decode(values["metadata"])
    groups, tags, hints = values["security_group_names"], values["tags"], values["scheduler_hints"]
    values["security_group_names"] = () if groups == "[]" else _WORDS.decode(groups)
    values["tags"] = () if tags == "[]" else _WORDS.decode(tags)
    values["scheduler_hints"] = {} if hints == "{}" else _HINTS.decode(hints)
    disks, hardware = values["disks"], values["hardware"]
    values["disks"] = () if disks == "[]" else _DISKS.decode(disks)
    if hardware is not None:
        values["hardware"] = _PLAIN if hardware == "{}" else _HARDWARE.decode(hardware)
    values["config_drive"] = bool(values["config_drive"])
    values["locked"] = bool(values["locked"])
    if values["fault"] is not None:
        values["fault"] = _FAULT.decode(values["fault"])
    return Server(nics=nics, **values)


def values_of(server: Server) -> tuple[Any, ...]:
    """The server's values in the order of ``COLUMNS``."""
    return tuple(
        to_json(value) if name in JSON_COLUMNS and value is not None else value
        for name, value in ((name, getattr(server, field)) for name, field in zip(_NAMES, _FIELDS, strict=True))
    )


def server_of_mapping(row: RowMapping, nics: Iterable[Nic]) -> Server:
    """The server of a row that SQLAlchemy read."""
    fault = row["fault"]
    values = {field: row[name] for name, field in zip(_NAMES, _FIELDS, strict=True)}
    return Server(
        nics=tuple(nics),
        **values
        | {
            "flavor": msgspec.convert(row["flavor"], Flavor),
            "security_group_names": tuple(row["security_groups"]),
            "tags": tuple(row["tags"]),
            "fault": None if fault is None else msgspec.convert(fault, Fault),
            "disks": msgspec.convert(row["disks"], tuple[Disk, ...]),
            "hardware": None if row["hardware"] is None else msgspec.convert(row["hardware"], Hardware),
        },
    )
