"""The root of all errors, and the four things that most of them ask of a caller."""

from collections.abc import Mapping
from typing import Any, ClassVar


class BerthlineError(Exception):
    """Root of every error that Berthline raises on purpose.

    ``message`` is shown to the caller; ``details`` holds facts for programs (candidates, what is left), never secrets.
    """

    status = 500
    name: ClassVar[str] = "BerthlineError"

    def __init_subclass__(cls, *, name: str | None = None, **more: Any) -> None:
        super().__init_subclass__(**more)
        cls.name = name or cls.__name__

    def __init__(self, message: str, details: Mapping[str, object] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.details: Mapping[str, object] = details or {}


class BadRequest(BerthlineError):
    """The request does not make sense as it stands (400)."""

    status = 400


class Forbidden(BerthlineError):
    """Who asks may not do this (403)."""

    status = 403


class NotFound(BerthlineError):
    """No such thing, or it belongs to another project; the two are not told apart (404)."""

    status = 404


class Conflict(BerthlineError):
    """The present state does not allow it (409)."""

    status = 409
