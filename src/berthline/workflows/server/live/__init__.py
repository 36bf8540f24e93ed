"""Servers whose guests move to another host while they run. What is left of a move, and where, see `migrate`."""

from typing import Final

from berthline.workflows.server.live import finish, migrate

KINDS: Final = (migrate.KIND, finish.KIND)
"""Every kind of saga of it."""
