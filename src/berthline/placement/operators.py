"""Whether a value meets what an extra spec asks of it, by the operators that Nova's filters know. Pure.

``<in> x`` · ``<all-in> x y`` · ``<or> x <or> y`` · ``s== s!= s< s<= s> s>=`` on text · ``= == != <= >=`` on numbers, of
which ``=`` is "at least". What begins with no operator is the very text that is wanted.
"""

import operator
from collections.abc import Callable, Mapping
from typing import Final

_TEXT: Final[Mapping[str, Callable[[str, str], bool]]] = {
    "s==": operator.eq,
    "s!=": operator.ne,
    "s<": operator.lt,
    "s<=": operator.le,
    "s>": operator.gt,
    "s>=": operator.ge,
    "<in>": lambda value, wanted: wanted in value,
}
_NUMBERS: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
    "<=": operator.le,
    ">=": operator.ge,
}


def meets(value: str, wanted: str) -> bool:
    """Whether ``value`` is as ``wanted`` says. An operator without an operand is met by nothing."""
    first, *operands = wanted.split() or [""]
    if first == "<or>":
        return value in operands[::2]
    if first == "<all-in>":
        return bool(operands) and all(one in value for one in operands)
    if first in _TEXT:
        return bool(operands) and _TEXT[first](value, operands[0])
    if first in _NUMBERS:
        return bool(operands) and _compared(value, operands[0], _NUMBERS[first])
    return value == wanted


def _compared(value: str, operand: str, compare: Callable[[float, float], bool]) -> bool:
    try:
        return compare(float(value), float(operand))
    except ValueError:
        return False
