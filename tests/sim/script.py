"""What a seed asks for: the operations in their order, every choice drawn from the seed and from nothing else.

Operations name slots, not ids: "delete what is in slot 3". Which slots are filled is guessed from the operations
before, as if each had succeeded, so that most of them hit something; what is really there shows when they run.
"""

import random
from collections.abc import Sequence
from typing import Final, Literal

import msgspec

SERVERS: Final = 11
PORTS: Final = 12
WIDE: Final = 0
"""The network with room for all."""
NARROW: Final = 1
"""The network that is often full."""

RIVALS: Final = 0.25
"""How many creates are followed at once by another that wants just the same ports and addresses."""

Kind = Literal[
    "create", "delete", "stop", "start", "reboot", "hard reboot", "pause guest", "unpause", "suspend",
    "resume", "crash dump", "rebuild", "rescue", "unrescue", "resize", "migrate", "live migrate",
    "abort", "confirm", "revert", "create image",
    "back up", "shelve", "offload", "unshelve", "soft delete", "restore", "change password", "attach", "detach",
    "create port", "delete port", "move port", "host fails", "host hangs", "host reboots", "host is cut off",
    "host slows", "hosts recover", "disable host", "drain host", "enable hosts",
    "dataplane goes", "dataplane comes", "guest powers off", "guest crashes", "look at power", "look at ports",
    "look for leaks", "look for overdue", "cache images", "clean caches", "restart", "pause",
]  # fmt: skip

WEIGHTS: Final[dict[Kind, int]] = {
    "create": 150,
    "delete": 120,
    "stop": 70,
    "start": 70,
    "reboot": 30,
    "hard reboot": 40,
    "pause guest": 40,
    "unpause": 40,
    "suspend": 40,
    "resume": 40,
    "crash dump": 10,
    "rebuild": 40,
    "rescue": 30,
    "unrescue": 40,
    "resize": 60,
    "migrate": 40,
    "live migrate": 50,
    "abort": 15,
    "confirm": 50,
    "revert": 50,
    "create image": 30,
    "back up": 25,
    "shelve": 50,
    "offload": 20,
    "unshelve": 50,
    "soft delete": 35,
    "restore": 35,
    "change password": 20,
    "attach": 70,
    "detach": 60,
    "create port": 120,
    "delete port": 70,
    "move port": 60,
    "host fails": 12,
    "host hangs": 12,
    "host reboots": 8,
    "host is cut off": 8,
    "host slows": 6,
    "hosts recover": 25,
    "disable host": 4,
    "drain host": 10,
    "enable hosts": 16,
    "dataplane goes": 10,
    "dataplane comes": 20,
    "guest powers off": 30,
    "guest crashes": 10,
    "look at power": 15,
    "look at ports": 25,
    "look for leaks": 20,
    "look for overdue": 10,
    "cache images": 20,
    "clean caches": 20,
    "restart": 8,
    "pause": 60,
}


OF_A_HOST: Final[frozenset[Kind]] = frozenset(
    {"host fails", "host hangs", "host reboots", "host is cut off", "host slows", "disable host", "drain host"}
)
ENDS: Final[dict[Kind, tuple[Kind, ...]]] = {
    "abort": ("live migrate",),
    "confirm": ("resize", "migrate"),
    "revert": ("resize", "migrate"),
    "unshelve": ("shelve",),
    "restore": ("soft delete",),
    "unrescue": ("rescue",),
}
"""What an operation takes back; it mostly hits a server that some of these were done to."""


class NetworkAsk(msgspec.Struct, frozen=True, tag="network"):
    """A NIC on a network, with any address, or with the ``address``-th of its IPv4 subnet."""

    network: int
    address: int | None = None


class PortAsk(msgspec.Struct, frozen=True, tag="port"):
    """A NIC by the port that is in a slot."""

    slot: int


Ask = NetworkAsk | PortAsk


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One step. ``slot`` is a server's, a port's or a host's; ``in_flight`` how many calls may be open beside it.

    ``count``: how many servers are created at once, or which NIC is detached. ``yields``: how often the event loop
    turns before the next step.
    """

    number: int
    kind: Kind
    slot: int = 0
    asks: tuple[Ask, ...] = ()
    count: int = 1
    in_flight: int = 1
    yields: int = 0


class _Guess(msgspec.Struct):
    """Which slots are filled, if every operation so far did what it should."""

    servers: set[int] = msgspec.field(default_factory=set)
    ports: set[int] = msgspec.field(default_factory=set)
    put: dict[Kind, set[int]] = msgspec.field(default_factory=dict)
    """Of servers, those that are as the operations of this kind, and of none since that ends it, leave them."""
    rival: tuple[Ask, ...] = ()
    """What the next operation wants, too: the one before it is a create that may not have its answer yet."""


def script(seed: int, steps: int) -> tuple[Operation, ...]:
    """The operations of a seed. The first ones are the same whatever ``steps``."""
    dice = random.Random(f"operations of {seed}")
    guess = _Guess()
    kinds = tuple(WEIGHTS)
    weights = tuple(WEIGHTS.values())
    drawn: list[Operation] = []
    for number in range(steps):
        kind = "create" if guess.rival else dice.choices(kinds, weights)[0]
        drawn.append(_draw(number, kind, dice, guess))
    return tuple(drawn)


def _draw(number: int, kind: Kind, dice: random.Random, guess: _Guess) -> Operation:
    slot, count, rival = 0, 1, False
    asks: tuple[Ask, ...] = ()
    if kind == "create":
        slot = _pick(dice, set(range(SERVERS)) - guess.servers, SERVERS)
        rival = bool(guess.rival)
        asks = guess.rival or _asks(dice, guess)
        guess.rival = () if rival or dice.random() > RIVALS else asks
        count = 2 if dice.random() < 0.06 and all(_repeatable(ask) for ask in asks) else 1
        guess.servers.add(slot)
    elif kind == "create port":
        slot = _pick(dice, set(range(PORTS)) - guess.ports, PORTS)
        asks = (_network_ask(dice),)
        guess.ports.add(slot)
    elif kind in {"delete port", "move port"}:
        slot = _pick(dice, guess.ports, PORTS)
        asks = (_network_ask(dice),)
        if kind == "delete port":
            guess.ports.discard(slot)
    elif kind in OF_A_HOST:
        slot = dice.randrange(2)
    else:
        slot = _pick(dice, _fit(kind, guess), SERVERS)
        guess.put.setdefault(kind, set()).add(slot)
        for ended in ENDS.get(kind, ()):
            guess.put.get(ended, set()).discard(slot)
        if kind == "attach":
            asks = (_ask(dice, guess),)
        if kind == "detach":
            count = dice.randrange(3)
        if kind == "delete":
            guess.servers.discard(slot)
    return Operation(
        number=number,
        kind=kind,
        slot=slot,
        asks=asks,
        count=count,
        in_flight=8 if rival else dice.choice((0, 2, 4, 8)),
        yields=dice.choice((0, 0, 0, 1, 2, 5)),
    )


def _fit(kind: Kind, guess: _Guess) -> set[int]:
    """The slots whose servers this can be done to, or all that are filled."""
    before: set[int] = set()
    for each in ("shelve",) if kind == "offload" else ENDS.get(kind, ()):
        before |= guess.put.get(each, set()) & guess.servers
    return before or guess.servers


def _pick(dice: random.Random, likely: set[int], slots: int) -> int:
    """A slot, mostly one of the likely ones."""
    if likely and dice.random() < 0.9:
        return dice.choice(sorted(likely))
    return dice.randrange(slots)


def _asks(dice: random.Random, guess: _Guess) -> tuple[Ask, ...]:
    return tuple(_ask(dice, guess) for _ in range(dice.choice((0, 1, 1, 2, 2, 3))))


def _ask(dice: random.Random, guess: _Guess) -> Ask:
    if dice.random() < 0.4:
        return PortAsk(_pick(dice, guess.ports, PORTS))
    return _network_ask(dice)


def _network_ask(dice: random.Random) -> NetworkAsk:
    network = NARROW if dice.random() < 0.3 else WIDE
    return NetworkAsk(network, dice.randrange(2, 15) if dice.random() < 0.25 else None)


def _repeatable(ask: Ask) -> bool:
    return isinstance(ask, NetworkAsk) and ask.address is None


def describe(operations: Sequence[Operation]) -> str:
    """The operations as text, a line each."""
    return "\n".join(
        f"{each.number:5} {each.kind} {each.slot}" + (f" {each.asks} × {each.count}" if each.asks else "")
        for each in operations
    )
