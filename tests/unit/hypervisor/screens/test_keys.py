"""Which keys are pressed together, by the ways that viewers tell of them."""

import pytest

from berthline.hypervisor.screens.keys import KEYS, MODIFIERS, Chords

SHIFT, CONTROL, ALT, DELETE, A, ONE = 0x2A, 0x1D, 0x38, 0xD3, 0x1E, 0x02


def pressed(chords: Chords, *moves: tuple[int, int]) -> list[tuple[int, ...]]:
    """What is pressed by keys that go down (1) and up (0)."""
    made = [chords.moved(0, number, down=bool(down)) for number, down in moves]
    return [each for each in made if each]


def test_a_key_is_pressed_once_with_the_modifiers_that_are_held() -> None:
    assert pressed(Chords(), (A, 1), (A, 0)) == [(A,)]
    assert pressed(Chords(), (SHIFT, 1), (A, 1), (A, 0), (ONE, 1), (ONE, 0), (SHIFT, 0)) == [(SHIFT, A), (SHIFT, ONE)]
    moves = ((CONTROL, 1), (ALT, 1), (DELETE, 1), (DELETE, 0), (ALT, 0), (CONTROL, 0))
    assert pressed(Chords(), *moves) == [(CONTROL, ALT, DELETE)]


def test_a_modifier_alone_is_pressed_when_it_comes_up() -> None:
    assert pressed(Chords(), (ALT, 1), (ALT, 1), (ALT, 0)) == [(ALT,)], "held down, a viewer repeats it"
    assert pressed(Chords(), (CONTROL, 1), (ALT, 1), (ALT, 0), (CONTROL, 0)) == [(CONTROL, ALT)]
    assert pressed(Chords(), (ALT, 0)) == [], "it went down before anybody looked"


def test_a_key_held_down_is_pressed_again_and_again() -> None:
    assert pressed(Chords(), (A, 1), (A, 1), (A, 1), (A, 0)) == [(A,)] * 3


@pytest.mark.parametrize(
    ("letter", "expected"), [("a", (A,)), ("A", (SHIFT, A)), ("!", (SHIFT, ONE)), ("~", (SHIFT, 0x29)), ("\\", (0x2B,))]
)
def test_a_letter_without_a_number_is_where_the_usual_keyboard_has_it(letter: str, expected: tuple[int, ...]) -> None:
    assert Chords().moved(ord(letter), 0, down=True) == expected
    with_shift = Chords()
    with_shift.moved(0xFFE1, 0, down=True)
    assert with_shift.moved(ord(letter), 0, down=True) == (SHIFT, expected[-1])


def test_every_printable_letter_has_a_key_of_its_own_and_no_key_is_out_of_bounds() -> None:
    letters = {KEYS[letter] for letter in range(0x20, 0x7F)}
    assert len(letters) == 0x7F - 0x20
    assert all(0 < number <= 0xFF for number, _ in KEYS.values())
    assert {number for number, _ in KEYS.values()} >= MODIFIERS


@pytest.mark.parametrize(("keysym", "number"), [(0x20AC, 0), (0, 0x100), (0x61, 0xFFFFFFFF), (0, 0)])
def test_what_nobody_knows_presses_nothing(keysym: int, number: int) -> None:
    assert Chords().moved(keysym, number, down=True) == ()
