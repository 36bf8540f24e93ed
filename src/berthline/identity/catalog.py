"""The catalogue: which service answers where. Regions, services and endpoints are what it says, for reading only."""

import uuid
from typing import Final, Literal

import msgspec

Interface = Literal["public", "internal", "admin"]
INTERFACES: Final[tuple[Interface, ...]] = ("public", "internal", "admin")
_NAMESPACE: Final = uuid.UUID("6f2d5f0e-3c1b-5f0a-9a34-2f5a3b9d7c10")


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    interface: Interface
    region: str
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


def catalog(base_url: str, region: str) -> tuple[CatalogService, ...]:
    """All services below ``base_url`` (no slash at its end). Ids depend on nothing but type, region and interface."""
    return tuple(
        CatalogService(
            id=_id(kind),
            type=kind,
            name=name,
            endpoints=tuple(
                Endpoint(
                    id=_id(f"{kind}/{region}/{interface}"), interface=interface, region=region, url=base_url + path
                )
                for interface in INTERFACES
            ),
        )
        for kind, name, path in _SERVICES
    )


def _id(text: str) -> str:
    return uuid.uuid5(_NAMESPACE, text).hex
