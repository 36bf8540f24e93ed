"""Regular expressions from users, cut down to those that cannot run away.

Nova hands ``name`` and ``ip`` filters to its database as regular expressions. Here they run in this process, where one
with nested repetition could hold it for ever. So only these pass: literals, ``.``, classes, anchors, alternatives, and
few repetitions, none of a group. Their cost is a small power of a name's length.
"""

import re
from typing import Final

from berthline.domain.errors import BadRequest

LONGEST: Final = 255
MOST_REPETITIONS: Final = 3
_PIECE: Final = re.compile(r"\\[^a-zA-Z0-9]|\\[dDwWsS]|\[\^?\]?[^\[\]\\]*\]|[*+?]|[^\\\[\](){}]")
"""An escaped sign, a class of characters, a bracket expression, a repetition, or one plain character."""


def safe_pattern(field: str, text: str) -> str:
    """``text``, when it is a pattern that may run. Raises BadRequest that says what patterns may hold."""
    repetitions = 0
    position = 0
    while position < len(text):
        piece = _PIECE.match(text, position)
        if piece is None:
            raise _refused(field, text)
        repetitions += piece[0] in {"*", "+", "?"}
        position = piece.end()
    if repetitions > MOST_REPETITIONS or len(text) > LONGEST:
        raise _refused(field, text)
    try:
        re.compile(text)
    except re.error:
        raise _refused(field, text) from None
    return text


def _refused(field: str, text: str) -> BadRequest:
    return BadRequest(
        f"Invalid input for query parameters {field}. Value: {text[:64]}. A pattern here holds plain characters, '.', "
        f"[classes], ^, $, | and at most {MOST_REPETITIONS} of * + ?, and no groups; escape other signs by a backslash."
    )
