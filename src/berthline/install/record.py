"""What an installation made on this machine, so that exactly that is taken back: noted before it is done."""

import os
from pathlib import Path

import msgspec


class _Content(msgspec.Struct):
    """``made``: what was there before each step that we did, by its name, in the order in which they were done."""

    choices: dict[str, str] = {}
    made: dict[str, str | None] = {}


class Record:
    """The file at ``path``; none is as good as an empty one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._content = msgspec.json.decode(path.read_bytes(), type=_Content)
        except FileNotFoundError:
            self._content = _Content()

    @property
    def choices(self) -> dict[str, str]:
        """What was chosen at the last installation."""
        return dict(self._content.choices)

    def choose(self, choices: dict[str, str]) -> None:
        """Keep what is chosen now."""
        if choices != self._content.choices:
            self._content.choices = dict(choices)
            self._write()

    @property
    def made(self) -> tuple[str, ...]:
        """The names of what was made, in order."""
        return tuple(self._content.made)

    def before(self, name: str) -> str | None:
        """What was there before we did this."""
        return self._content.made.get(name)

    def note(self, name: str, before: str | None = None) -> None:
        """It is about to be made. What was there before the first time counts, not what we made of it meanwhile."""
        if name not in self._content.made:
            self._content.made[name] = before
            self._write()

    def forget(self, name: str) -> None:
        """It is taken back; the last one takes the file along."""
        self._content.made.pop(name, None)
        if self._content.made:
            self._write()
        else:
            self._path.unlink(missing_ok=True)

    def _write(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self._path.with_name(self._path.name + ".new")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(self._content)))
            file.flush()
            os.fsync(descriptor)
        temporary.replace(self._path)
