"""The ``berthline`` command: how it begins, and how it ends."""

import sys
from collections.abc import Sequence
from typing import Final

from berthline.cli import plain
from berthline.config import WrongSetting
from berthline.domain.errors import BerthlineError

DEFAULT_SIMULATED: Final = "3"
FAILED: Final = 1
MISUSED: Final = 2


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and end the process with its status: 0 done, 1 failed, 2 asked wrongly."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        status = _run(with_simulated_count(words))
    except WrongSetting as wrong:
        _say(str(wrong))
        status = MISUSED
    except BerthlineError as error:
        _say(error.message)
        status = FAILED
    except KeyboardInterrupt:
        status = 130
    sys.exit(status)


def _run(words: Sequence[str]) -> int:
    options = plain.options_of_up(words)
    if options is not None:
        from berthline.cli import foreground

        foreground.start(**options)
        return 0
    from berthline.cli.tree import app

    return int(app(words, result_action="return_int_as_exit_code_else_zero"))


def with_simulated_count(words: Sequence[str]) -> list[str]:
    """``words`` with a number after each `--simulated` that has neither one nor the address of a world."""
    filled: list[str] = []
    for position, word in enumerate(words):
        filled.append(word)
        following = "".join(words[position + 1 : position + 2])
        if word == "--simulated" and not (following.isdigit() or following.startswith(plain.WORLDS)):
            filled.append(DEFAULT_SIMULATED)
    return filled


def _say(message: str) -> None:
    print(f"berthline: {message}", file=sys.stderr)
