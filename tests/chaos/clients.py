"""A client: makes, changes and deletes servers, ports and floating IPs at random, and writes down what it was told."""

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import httpx

from tests.chaos.calls import NobodyThere, Session, Unanswered
from tests.chaos.journal import Journal, Kind, Thing

MOST_SERVERS: Final = 5
MOST_PORTS: Final = 8
MOST_FLOATING: Final = 3
GONE: Final = frozenset({httpx.codes.NO_CONTENT, httpx.codes.ACCEPTED, httpx.codes.OK, httpx.codes.NOT_FOUND})

PATHS: Final[dict[Kind, str]] = {
    "server": "/compute/v2.1/servers",
    "port": "/network/v2.0/ports",
    "floatingip": "/network/v2.0/floatingips",
}


@dataclass(frozen=True)
class Ground:
    """What there is before anything goes wrong: of the client's project, and of all."""

    network: str
    external: str
    image: str
    flavor: str


class Client:
    """``work`` until ``ended`` is set. ``name`` begins the names of all that it makes."""

    def __init__(self, name: str, session: Session, ground: Ground, chance: random.Random) -> None:
        self.name = name
        self.journal = Journal(session.project)
        self._session = session
        self._ground = ground
        self._chance = chance
        self._count = 0
        self._actions: list[tuple[int, Callable[[], None]]] = [
            (4, self._create_server),
            (3, self._delete_server),
            (3, self._create_port),
            (2, self._delete_port),
            (2, self._rename_port),
            (3, self._attach),
            (2, self._detach),
            (1, self._create_floating),
            (2, self._lead_floating),
            (1, self._delete_floating),
            (3, self._look),
        ]

    def work(self, ended: threading.Event) -> None:
        """See the class. What is wrong with the client itself is raised."""
        weights = [weight for weight, _ in self._actions]
        while not ended.is_set():
            (action,) = self._chance.choices([action for _, action in self._actions], weights)
            try:
                action()
            except NobodyThere:
                ended.wait(0.1)
        self._session.close()

    # Making and deleting.

    def _create(self, kind: Kind, body: dict[str, object], key: str) -> Thing | None:
        name = str(body.get("name") or body.get("description"))
        try:
            # floating IPs take no such key: what is not answered is found by nobody before the end
            repeated = "" if kind == "floatingip" else f"{name}-key"
            reply = self._session.ask("POST", PATHS[kind], {key: body}, key=repeated)
        except Unanswered:
            self.journal.unknown += 1
            self.journal.unanswered.append((kind, name))
            return None
        if not self._taken(reply):
            return None
        made = reply.json()[key]
        thing = Thing(kind, made["id"], self.journal.project)
        self.journal.things[thing.id] = thing
        self._heard(thing, made)
        return thing

    def _delete(self, thing: Thing) -> None:
        thing.standing = "going"
        try:
            reply = self._session.ask("DELETE", f"{PATHS[thing.kind]}/{thing.id}")
        except Unanswered:
            self.journal.unknown += 1
            return
        if reply.status_code in GONE:
            if reply.status_code == httpx.codes.NOT_FOUND:
                self.journal.wrong.append(f"{thing.kind} {thing.id} was acknowledged and is not found for its delete")
            self.journal.acknowledged += 1
            thing.standing = "gone"
        else:
            self._taken(reply)
            thing.standing = "there"

    def _create_server(self) -> None:
        if len(self.journal.alive("server")) < MOST_SERVERS:
            body = {"name": self._new_name(), "imageRef": self._ground.image, "flavorRef": self._ground.flavor}
            nics = [{"uuid": self._ground.network}] * self._chance.randint(1, 2)
            self._create("server", {**body, "networks": nics}, "server")

    def _delete_server(self) -> None:
        if found := self._any("server"):
            self._delete(found)

    def _create_port(self) -> None:
        if len(self.journal.alive("port")) < MOST_PORTS:
            self._create("port", {"name": self._new_name(), "network_id": self._ground.network}, "port")

    def _delete_port(self) -> None:
        if found := self._any("port"):
            self._delete(found)

    def _create_floating(self) -> None:
        if len(self.journal.alive("floatingip")) < MOST_FLOATING:
            body = {"description": self._new_name(), "floating_network_id": self._ground.external}
            self._create("floatingip", dict(body), "floatingip")

    def _delete_floating(self) -> None:
        if found := self._any("floatingip"):
            self._delete(found)

    # Changing.

    def _rename_port(self) -> None:
        if found := self._any("port"):
            self._update(found, {"name": self._new_name()})

    def _lead_floating(self) -> None:
        found = self._any("floatingip")
        if found is None:
            return
        port = self._any("port") if self._chance.random() < 0.7 else None
        target = port.id if port else None
        found.port_unsure = True
        if (answered := self._update(found, {"port_id": target})) is not None:
            found.port_unsure = False
            if answered:
                found.port = target

    def _update(self, thing: Thing, change: dict[str, object]) -> bool | None:
        """Whether it was done; None when nobody knows."""
        try:
            reply = self._session.ask("PUT", f"{PATHS[thing.kind]}/{thing.id}", {thing.kind: change})
        except Unanswered:
            self.journal.unknown += 1
            return None
        if not self._taken(reply):
            return False
        self._heard(thing, reply.json()[thing.kind])
        return True

    def _attach(self) -> None:
        if (found := self._any("server")) is None:
            return
        name = self._new_name()
        body = {"interfaceAttachment": {"net_id": self._ground.network}}
        try:
            reply = self._session.ask("POST", f"{PATHS['server']}/{found.id}/os-interface", body, key=f"{name}-key")
        except Unanswered:
            self.journal.unknown += 1
            found.maybe.add("any")
            return
        if self._taken(reply):
            found.nics.add(reply.json()["interfaceAttachment"]["port_id"])

    def _detach(self) -> None:
        found = self._any("server")
        if found is None or not found.nics:
            return
        port = self._chance.choice(sorted(found.nics))
        try:
            reply = self._session.ask("DELETE", f"{PATHS['server']}/{found.id}/os-interface/{port}")
        except Unanswered:
            self.journal.unknown += 1
            found.nics.discard(port)
            found.maybe.add(port)
            return
        if self._taken(reply):
            found.nics.discard(port)

    # Looking.

    def _look(self) -> None:
        found = self._any(self._chance.choice(["server", "port", "floatingip"]))
        if found is None:
            return
        reply = self._session.ask("GET", f"{PATHS[found.kind]}/{found.id}")
        if reply.status_code == httpx.codes.NOT_FOUND:
            self.journal.wrong.append(f"{found.kind} {found.id} was acknowledged and is not found")
            found.standing = "going"
        elif reply.is_success:
            self._heard(found, reply.json()[found.kind])

    def _heard(self, thing: Thing, shown: dict[str, Any]) -> None:
        if "revision_number" in shown and (wrong := thing.heard(shown["revision_number"])):
            self.journal.wrong.append(wrong)

    def _taken(self, reply: httpx.Response) -> bool:
        """Count an answer; whether it says that it was done."""
        if reply.is_success:
            self.journal.acknowledged += 1
        else:
            self.journal.refused[reply.status_code] = self.journal.refused.get(reply.status_code, 0) + 1
        return reply.is_success

    def _any(self, kind: Kind) -> Thing | None:
        alive = self.journal.alive(kind)
        return self._chance.choice(alive) if alive else None

    def _new_name(self) -> str:
        self._count += 1
        return f"{self.name}-{self._count}"
