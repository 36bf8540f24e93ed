"""Passwords that Nova would set in a guest."""

import secrets
import string
from typing import Final

LENGTH: Final = 12
SIGNS: Final = string.ascii_letters + string.digits


def new_password() -> str:
    """A password as Nova hands one out. A guest learns it from its config drive; keys and user data serve better."""
    return "".join(secrets.choice(SIGNS) for _ in range(LENGTH))
