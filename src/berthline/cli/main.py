"""The ``berthline`` command: its tree, and how it ends.

The commands' modules import what is heavy when they are called, so that `berthline up` is ready quickly.
"""

import sys
from collections.abc import Sequence
from typing import Final

from cyclopts import App

import berthline
from berthline.cli import saga
from berthline.cli.demo import demo
from berthline.cli.doctor import doctor
from berthline.cli.up import up
from berthline.config import WrongSetting
from berthline.domain.errors import BerthlineError

DEFAULT_SIMULATED: Final = "3"
FAILED: Final = 1
MISUSED: Final = 2

app = App(
    name="berthline",
    help="A cloud in one process: boots servers and gives each one its networks, over OpenStack's APIs.",
    version=berthline.__version__,
)
app.command(up)
app.command(demo)
app.command(doctor)
sagas = App(name="saga", help="Look at work that happens in steps, and at what it left undone.")
sagas.command(saga.list_sagas, name="list")
sagas.command(saga.show)
app.command(sagas)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and end the process with its status: 0 done, 1 failed, 2 asked wrongly."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        status = app(with_simulated_count(words), result_action="return_int_as_exit_code_else_zero")
    except WrongSetting as wrong:
        _say(str(wrong))
        status = MISUSED
    except BerthlineError as error:
        _say(error.message)
        status = FAILED
    except KeyboardInterrupt:
        status = 130
    sys.exit(status)


def with_simulated_count(words: Sequence[str]) -> list[str]:
    """``words`` with a number after each `--simulated` that has none."""
    filled: list[str] = []
    for position, word in enumerate(words):
        filled.append(word)
        if word == "--simulated" and not "".join(words[position + 1 : position + 2]).isdigit():
            filled.append(DEFAULT_SIMULATED)
    return filled


def _say(message: str) -> None:
    print(f"berthline: {message}", file=sys.stderr)
