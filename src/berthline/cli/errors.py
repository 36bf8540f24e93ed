"""What a command may fail with: shown as one line, with exit status 1."""

from berthline.domain.errors import BerthlineError


class CommandFailed(BerthlineError):
    """A command could not do what it was asked; the message says why and what would help."""


class CloudRefused(CommandFailed):
    """A cloud answered a request with an error.

    ``status`` is the HTTP status.
    """

    def __init__(self, method: str, url: str, status: int, message: str) -> None:
        super().__init__(f"{method} {url}: {status} {message}")
        self.status = status
