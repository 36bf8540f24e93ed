"""Things of a cloud that commands find by name, and make where there are none."""

from typing import Any, TypeVar

import msgspec

from berthline.cli.client import Client, ServiceType

T = TypeVar("T")


class Thing(msgspec.Struct, frozen=True):
    """Anything with an id and a name."""

    id: str
    name: str = ""


def find(
    client: Client, path: str, name: str, kind: type[T], service: ServiceType = "network", **chosen: str
) -> T | None:
    """The service's first thing of that name in the list at ``path`` (``/routers``), or None."""
    key = path.removeprefix("/").replace("-", "_")
    return next(iter(client.list(service, path, key, kind, name=name, **chosen)), None)


def ensure(client: Client, path: str, key: str, body: dict[str, Any], kind: type[T]) -> T:
    """The network service's thing of ``body``'s name, made when there is none."""
    return find(client, path, body["name"], kind) or client.create("network", path, key, body, kind)
