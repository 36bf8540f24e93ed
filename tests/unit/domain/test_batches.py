"""Work in parts."""

from berthline.domain.batches import batches


def test_every_item_comes_once_in_order_and_the_last_part_may_be_shorter() -> None:
    assert list(batches(range(7), 3)) == [(0, 1, 2), (3, 4, 5), (6,)]
    assert list(batches(iter("ab"), 2)) == [("a", "b")]
    assert list(batches((), 3)) == []
