"""Where two pictures differ, and what of them is sent then."""

import random

from berthline.hypervisor.screens.frames import TILE_HEIGHT, TILE_WIDTH, Area, Frame, changed, part

WIDTH, HEIGHT = 3 * TILE_WIDTH + 10, 2 * TILE_HEIGHT + 5
BLACK = Frame(WIDTH, HEIGHT, bytes(3 * WIDTH * HEIGHT))


def with_pixels(frame: Frame, *places: tuple[int, int]) -> Frame:
    """The frame with some white ones."""
    rgb = bytearray(frame.rgb)
    for x, y in places:
        start = 3 * (y * frame.width + x)
        rgb[start : start + 3] = b"\xff\xff\xff"
    return Frame(frame.width, frame.height, bytes(rgb))


def test_what_is_the_same_has_no_areas() -> None:
    assert changed(BLACK, BLACK) == ()
    assert list(changed(BLACK, Frame(WIDTH, HEIGHT, bytes(bytearray(BLACK.rgb))))) == []


def test_a_pixel_is_its_tile_and_tiles_side_by_side_are_one_area() -> None:
    corner = with_pixels(BLACK, (WIDTH - 1, HEIGHT - 1))
    assert changed(BLACK, corner) == [Area(3 * TILE_WIDTH, 2 * TILE_HEIGHT, 10, 5)]
    row = with_pixels(BLACK, (0, 0), (TILE_WIDTH, 3), (WIDTH - 1, 1))
    assert changed(BLACK, row) == [Area(0, 0, 2 * TILE_WIDTH, TILE_HEIGHT), Area(3 * TILE_WIDTH, 0, 10, TILE_HEIGHT)]


def test_all_of_it_is_new_to_who_has_none_or_one_of_another_size() -> None:
    for old in (None, Frame(HEIGHT, WIDTH, BLACK.rgb)):
        areas = changed(old, BLACK)
        assert sum(area.width * area.height for area in areas) == WIDTH * HEIGHT
        assert b"".join(part(BLACK, area) for area in areas) == BLACK.rgb


def test_the_parts_that_changed_make_the_new_picture_of_the_old() -> None:
    chance = random.Random(1)
    new = Frame(WIDTH, HEIGHT, chance.randbytes(3 * WIDTH * HEIGHT))
    old = with_pixels(new, *((chance.randrange(WIDTH), chance.randrange(HEIGHT)) for _ in range(5)))
    made = bytearray(old.rgb)
    areas = changed(old, new)
    assert 0 < sum(area.width * area.height for area in areas) < WIDTH * HEIGHT
    for area in areas:
        content = part(new, area)
        for row in range(area.height):
            start = 3 * ((area.y + row) * WIDTH + area.x)
            made[start : start + 3 * area.width] = content[3 * area.width * row : 3 * area.width * (row + 1)]
    assert bytes(made) == new.rgb
