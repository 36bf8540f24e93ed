"""A request that goes no further."""

from typing import NamedTuple

import httptools


class Refused(Exception):
    """Raised within the parser: the request goes no further, and is answered with the status and the message."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def as_refused(error: httptools.HttpParserError) -> Refused:
    """Why the parser stopped."""
    cause = error.__context__
    if isinstance(cause, Refused):
        return cause
    if cause is not None:
        return Refused(400, "The URI of the request cannot be read.")
    return Refused(400, f"This is no HTTP request: {error}.")


class Dropped(NamedTuple):
    """What is known of a request that goes no further: whether its answer has begun, and whether others wait."""

    begun: bool
    others: bool
