"""Projects, users, roles, tokens and the catalogue."""

from berthline.identity.bootstrap import Bootstrapped, Login, bootstrap, reset_password
from berthline.identity.service import Identity, IdentitySettings

__all__ = ["Bootstrapped", "Identity", "IdentitySettings", "Login", "bootstrap", "reset_password"]
