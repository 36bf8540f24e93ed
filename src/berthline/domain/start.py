"""Why a cloud does not start: for people who read one line, so no part of the errors that an API answers."""

from berthline.domain.errors import BerthlineError


class StartRefused(BerthlineError):
    """What is found where the cloud is to start is not what it may use; nothing of it was changed.

    ``message`` says in one line what is there, where, and what to do.
    """
