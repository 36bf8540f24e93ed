"""What an installation may fail with: told in one line."""

from berthline.domain.errors import BerthlineError


class InstallError(BerthlineError):
    """A step cannot be done; the message says which and what would help. What was done before it stays."""
