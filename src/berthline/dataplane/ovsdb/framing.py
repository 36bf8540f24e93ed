"""Where a JSON-RPC message ends: OVSDB sends one object after the other, with nothing between them."""

import re
from typing import Final

_OUTSIDE: Final = re.compile(rb'["{}]')
_INSIDE: Final = re.compile(rb'["\\]')


class Framer:
    """Cuts a stream of bytes into JSON objects, reading each byte once."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._position = 0
        self._depth = 0
        self._in_string = False

    def feed(self, data: bytes) -> list[bytes]:
        """Take more of the stream; returns the objects that are complete now."""
        self._buffer += data
        found: list[bytes] = []
        while (end := self._scan()) is not None:
            found.append(bytes(self._buffer[:end]))
            del self._buffer[:end]
            self._position = 0
        return found

    def _scan(self) -> int | None:
        """Go on from where the last scan ended, up to the end of an object; None when it is not there yet."""
        buffer, position = self._buffer, self._position
        while True:
            match = (_INSIDE if self._in_string else _OUTSIDE).search(buffer, position)
            if match is None:
                self._position = len(buffer)
                return None
            position = match.end()
            mark = buffer[position - 1]
            if mark == 0x22:
                self._in_string = not self._in_string
            elif mark == 0x5C:
                if position == len(buffer):
                    self._position = position - 1  # what is escaped has not arrived
                    return None
                position += 1
            elif mark == 0x7B:
                self._depth += 1
            else:
                self._depth -= 1
                if self._depth == 0:
                    return position
