"""Ids: UUIDs that lie beside each other when they are made together, and whose taps still have names of their own."""

import uuid
from concurrent.futures import ThreadPoolExecutor

from berthline.domain.ids import new_id

TAP = 11
"""Characters of a port's id in the name of its tap."""


def test_an_id_is_a_uuid_in_canonical_form() -> None:
    made = new_id()
    parsed = uuid.UUID(made)
    assert str(parsed) == made
    assert parsed.version == 8
    assert parsed.variant == uuid.RFC_4122


def test_ids_made_together_lie_together_in_their_order() -> None:
    made = [new_id() for _ in range(1000)]
    ordered = sorted(made)
    # the time they begin with starts anew every 12.7 days, which may happen just now
    first = ordered.index(made[0])
    assert ordered[first:] + ordered[:first] == made


def test_no_two_begin_alike_in_whichever_thread_they_are_made() -> None:
    with ThreadPoolExecutor(4) as threads:
        made = list(threads.map(lambda _: new_id(), range(4000)))
    assert len({each[:TAP] for each in made}) == len(made)


def test_what_does_not_tell_the_time_is_random() -> None:
    tails = [uuid.UUID(new_id()).int & (1 << 62) - 1 for _ in range(200)]
    assert len(set(tails)) == len(tails)
    assert all(any(tail >> bit & 1 for tail in tails) for bit in range(62))
    assert all(any(not tail >> bit & 1 for tail in tails) for bit in range(62))
