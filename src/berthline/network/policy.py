"""Who may do what, as Neutron's default policy has it: readers look, members change their own, admins everything.

What a manager may besides is said where it is asked for.
"""

from typing import Any, Final

from msgspec import UNSET

from berthline.domain.auth import Caller
from berthline.domain.errors import HTTPBadRequest, PolicyNotAuthorized, RevisionNumberConstraintFailed
from berthline.domain.ids import ProjectId
from berthline.network.requests import Owned

NOBODY: Final = ProjectId("-")
"""A project that owns nothing: what a caller without a project sees is what everyone sees."""


def visible_to(caller: Caller) -> ProjectId | None:
    """The project whose view the caller has; None sees all."""
    if caller.is_admin:
        return None
    return caller.project_id or NOBODY


def check_writer(caller: Caller, rule: str) -> None:
    """Raise PolicyNotAuthorized for a reader."""
    if not caller.may_write:
        raise denied(rule)


def may_change(caller: Caller, project_id: str) -> bool:
    """Whether the caller may change what this project owns."""
    return caller.is_admin or bool(caller.may_write and project_id and project_id == caller.project_id)


def check_owner(caller: Caller, project_id: str, rule: str) -> None:
    """Raise PolicyNotAuthorized unless the caller may change what this project owns."""
    if not may_change(caller, project_id):
        raise denied(rule)


def check_manager(caller: Caller, rule: str) -> None:
    """Raise PolicyNotAuthorized for anyone but a manager of the project, or an admin."""
    if not caller.may_manage:
        raise denied(rule)


def check_admin(caller: Caller, rule: str) -> None:
    """Raise PolicyNotAuthorized for anyone but an admin."""
    if not caller.is_admin:
        raise denied(rule)


def denied(rule: str) -> PolicyNotAuthorized:
    """The refusal in Neutron's words."""
    return PolicyNotAuthorized(f"rule:{rule} is disallowed by policy")


def owner_of_new(caller: Caller, request: Owned, rule: str) -> ProjectId:
    """The project that will own a new object: the caller's, or for an admin the one that is named.

    Raises PolicyNotAuthorized for a reader and HTTPBadRequest for another's project or none.
    """
    check_writer(caller, rule)
    names = {name for name in (request.project_id, request.tenant_id) if name is not UNSET}
    if len(names) > 1:
        raise HTTPBadRequest("'project_id' and 'tenant_id' are given and differ: give one of them.")
    asked: Any = names.pop() if names else caller.project_id
    if asked != caller.project_id and not caller.is_admin:
        raise HTTPBadRequest(
            "Specifying 'project_id' or 'tenant_id' other than the authenticated project in request requires admin "
            "privileges"
        )
    if not asked:
        raise HTTPBadRequest("A new object needs an owner: use a token scoped to a project, or give 'project_id'.")
    return ProjectId(asked)


def check_revision(wanted: int | None, current: int, what: str) -> None:
    """Raise RevisionNumberConstraintFailed when If-Match named another revision than the current one."""
    if wanted is not None and wanted != current:
        raise RevisionNumberConstraintFailed(f"Constrained to {wanted}, but current revision of {what} is {current}")
