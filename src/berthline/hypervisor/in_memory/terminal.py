"""The terminal of a simulated guest: what it said, and a shell that does little more than repeat what is typed."""

from typing import Final, Protocol

CONSOLE_LINES: Final = 1000
PROMPT: Final = "simulated# "
LONGEST: Final = 1000
"""Characters of one typed line; more are not taken."""
ERASE: Final = frozenset("\x08\x7f")
ENTER: Final = frozenset("\r\n")


class Reader(Protocol):
    """Who looks at a terminal."""

    def written(self, text: str) -> None:
        """The terminal gets this text."""

    def end(self) -> None:
        """There is no more to come."""


class Terminal:
    """Lines that end are kept, the last CONSOLE_LINES of them; the one that is typed is shown behind the prompt.

    Attributes:
        lines: what the guest said.
        typed: what was typed since the last Enter.
    """

    __slots__ = ("_after_return", "_readers", "lines", "typed")

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.typed = ""
        self._readers: tuple[Reader, ...] = ()
        self._after_return = False

    @property
    def shown(self) -> str:
        """The line that is not ended yet."""
        return PROMPT + self.typed

    def read_by(self, reader: Reader) -> None:
        """Tell it what is written from now on."""
        self._readers = (*self._readers, reader)

    def forget(self, reader: Reader) -> None:
        """Tell it no more."""
        self._readers = tuple(each for each in self._readers if each is not reader)

    def hang_up(self, kind: type[Reader] | None = None) -> None:
        """End those who look, or those of one kind."""
        for reader in self._readers:
            if kind is None or isinstance(reader, kind):
                reader.end()

    def say(self, *lines: str) -> None:
        """Write whole lines; what is being typed stands below them again."""
        self._keep(*lines)
        if self._readers:
            self._write("\r\x1b[K" + "".join(f"{line}\r\n" for line in lines) + self.shown)

    def type(self, text: str) -> None:
        """What a keyboard sends."""
        for letter in text:
            if letter in ENTER:
                if not (letter == "\n" and self._after_return):
                    self._enter()
            elif letter in ERASE:
                if self.typed:
                    self.typed = self.typed[:-1]
                    self._write("\b \b")
            elif letter.isprintable() and len(self.typed) < LONGEST:
                self.typed += letter
                self._write(letter)
            self._after_return = letter == "\r"

    def _enter(self) -> None:
        line, self.typed = self.typed, ""
        answer = _answer(line)
        self._keep(PROMPT + line, *answer)
        self._write("\r\n" + "".join(f"{said}\r\n" for said in answer) + self.shown)

    def _keep(self, *lines: str) -> None:
        self.lines += lines
        del self.lines[:-CONSOLE_LINES]

    def _write(self, text: str) -> None:
        for reader in self._readers:
            reader.written(text)


def _answer(line: str) -> tuple[str, ...]:
    command, _, rest = line.strip().partition(" ")
    if not command:
        return ()
    if command == "echo":
        return (rest.strip(),)
    if command == "help":
        return ("This guest is simulated. It knows: echo, help.",)
    return (f"{command}: not found in a simulated guest",)
