"""Messages are cut out of a stream however it comes, and none that is too long is held."""

import random

import pytest

from berthline.simulated.frames import Framer, FrameTooLong, framed


@pytest.mark.parametrize("seed", range(20))
def test_messages_come_out_as_they_went_in(seed: int) -> None:
    chance = random.Random(seed)
    sent = [chance.randbytes(chance.choice([0, 1, 3, 4, 5, 1000])) for _ in range(50)]
    stream = b"".join(map(framed, sent))
    framer = Framer()
    got: list[bytes] = []
    while stream:
        cut = chance.randrange(1, 3000)
        got += framer.feed(stream[:cut])
        stream = stream[cut:]
    assert got == sent


def test_a_message_too_long_is_refused_by_its_length_alone() -> None:
    with pytest.raises(FrameTooLong):
        list(Framer(most=10).feed((11).to_bytes(4, "big")))


def test_those_before_it_are_read() -> None:
    feed = Framer(most=10).feed(framed(b"short") + (11).to_bytes(4, "big"))
    assert next(feed) == b"short"
    with pytest.raises(FrameTooLong):
        next(feed)
