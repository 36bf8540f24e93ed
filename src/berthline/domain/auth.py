"""Who asks, and with which rights."""

import msgspec

from berthline.domain.identity import AccessRule
from berthline.domain.ids import DomainId, ProjectId, RequestId, UserId


class Delegation(msgspec.Struct, frozen=True, kw_only=True):
    """What a token is good for that was not got by its user's own password.

    ``rules`` None: every request that the roles allow. ``unrestricted``: it may delegate further.
    """

    unrestricted: bool
    rules: tuple[AccessRule, ...] | None = None


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """The holder of a valid token, as every service sees it. ``project_id`` "" for an unscoped or system token.

    ``roles`` are the names of the roles that count (docs/explanation/rights.md): of the whole cloud, none of a domain.
    Every right that goes by a name is a property here, or in ``identity.rights``.
    """

    user_id: UserId
    user_name: str
    project_id: ProjectId
    project_name: str
    domain_id: DomainId
    roles: frozenset[str]
    system_scope: bool = False
    delegation: Delegation | None = None
    request_id: RequestId

    def carries(self, role_name: str) -> bool:
        """Whether the token has the role, whichever it is; what it may hand on is judged by it, and no right."""
        return role_name in self.roles

    @property
    def is_admin(self) -> bool:
        return "admin" in self.roles

    @property
    def is_service(self) -> bool:
        """Another service, such as a Neutron that tells its events, or an admin."""
        return self.is_admin or "service" in self.roles

    @property
    def may_read(self) -> bool:
        """Reader, or one of those who may change things."""
        return self.may_write or not self.roles.isdisjoint({"reader", "manager"})

    @property
    def may_manage(self) -> bool:
        """Manager of a project, or an admin."""
        return self.is_admin or "manager" in self.roles

    @property
    def may_write(self) -> bool:
        """Member or admin; a reader may only look."""
        return self.is_admin or "member" in self.roles
