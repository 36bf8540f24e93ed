"""Who may do what with identities."""

from berthline.domain.auth import Caller
from berthline.domain.errors import Forbidden


def may_read_all(caller: Caller) -> bool:
    """An admin, or a reader of the whole system."""
    return caller.is_admin or (caller.system_scope and "reader" in caller.roles)


def require_admin(caller: Caller) -> None:
    """Raise Forbidden unless the caller is an admin; before anything is looked up, so that it tells nothing."""
    if not caller.is_admin:
        raise Forbidden("You are not authorized to perform the requested action: it takes the admin role.")


def require_reader_of_all(caller: Caller) -> None:
    """Raise Forbidden unless the caller may see everybody's identities."""
    if not may_read_all(caller):
        raise Forbidden(
            "You are not authorized to perform the requested action: it takes the admin role, or reader on the system."
        )
