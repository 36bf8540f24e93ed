"""The cloud's own part of the catalogue: which service answers where. ``registry`` has what admins add."""

import uuid
from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

import msgspec

Interface = Literal["public", "internal", "admin"]
INTERFACES: Final[tuple[Interface, ...]] = ("public", "internal", "admin")
_NAMESPACE: Final = uuid.UUID("6f2d5f0e-3c1b-5f0a-9a34-2f5a3b9d7c10")


class Place(NamedTuple):
    """Where a service answers: its URL and its region."""

    url: str
    region: str


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """``region`` None: said to be in none."""

    id: str
    interface: str
    region: str | None
    url: str


class CatalogService(msgspec.Struct, frozen=True, kw_only=True):
    """``type`` and ``name`` as OpenStack's service-types authority has them."""

    id: str
    type: str
    name: str
    endpoints: tuple[Endpoint, ...]


_SERVICES: Final = (
    ("identity", "keystone", "/identity"),
    ("image", "glance", "/image"),
    ("network", "neutron", "/network"),
    ("compute", "nova", "/compute/v2.1"),
)


def catalog(base_url: str, region: str, elsewhere: Mapping[str, Place] | None = None) -> tuple[CatalogService, ...]:
    """All services below ``base_url`` (no slash at its end), but those that are ``elsewhere``, by their type.

    Ids depend on nothing but type, region and interface.
    """
    outside = elsewhere or {}
    places = {kind: outside.get(kind, Place(base_url + path, region)) for kind, _, path in _SERVICES}
    return tuple(
        CatalogService(
            id=_id(kind),
            type=kind,
            name=name,
            endpoints=tuple(
                Endpoint(
                    id=_id(f"{kind}/{places[kind].region}/{interface}"),
                    interface=interface,
                    region=places[kind].region,
                    url=places[kind].url,
                )
                for interface in INTERFACES
            ),
        )
        for kind, name, _ in _SERVICES
    )


def _id(text: str) -> str:
    return uuid.uuid5(_NAMESPACE, text).hex
