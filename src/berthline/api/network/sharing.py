"""RBAC policies over HTTP: what a project lets others see and use."""

from collections.abc import Sequence
from typing import Any, Final

from berthline.api.frame import Routes
from berthline.api.network.bodies import check_no_revision
from berthline.api.network.nouns import Noun, routes_of
from berthline.domain.auth import Caller
from berthline.domain.network import RbacPolicy
from berthline.network import requests
from berthline.network.local import LocalNetworkService
from berthline.store.network import rbac_policies


def policy_view(_caller: Caller, policy: RbacPolicy) -> dict[str, Any]:
    """An RBAC policy. It has no revision, no times and no tags, as Neutron's has none."""
    return {
        "id": policy.id,
        "project_id": policy.project_id,
        "tenant_id": policy.project_id,
        "object_type": policy.object_type,
        "object_id": policy.object_id,
        "action": policy.action,
        "target_tenant": policy.target_project,
    }


async def _update(
    service: LocalNetworkService, caller: Caller, policy_id: str, request: Any, revision: int | None
) -> RbacPolicy:
    check_no_revision(revision, "an RBAC policy")
    return await service.update_rbac_policy(caller, policy_id, request)


async def _delete(service: LocalNetworkService, caller: Caller, policy_id: str, revision: int | None) -> None:
    check_no_revision(revision, "an RBAC policy")
    await service.delete_rbac_policy(caller, policy_id)


RBAC_POLICIES: Final[Noun[RbacPolicy]] = Noun(
    path="rbac-policies",
    singular="rbac_policy",
    plural="rbac_policies",
    listed=rbac_policies.LISTED,
    view=policy_view,
    create_type=requests.RbacPolicyCreate,
    update_type=requests.RbacPolicyUpdate,
    show=LocalNetworkService.rbac_policy,
    page=LocalNetworkService.list_rbac_policies,
    create=LocalNetworkService.create_rbac_policies,
    update=_update,
    delete=_delete,
    read_only=frozenset({"id"}),
)

ROUTES: Final[Sequence[Routes]] = routes_of(RBAC_POLICIES)
