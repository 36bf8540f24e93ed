"""What a new server's zone and scheduler hints name is there, and the caller's: looked at before a claim."""

from berthline.domain.auth import Caller
from berthline.domain.errors import BadRequest, QuotaExceeded
from berthline.domain.ids import ServerGroupId
from berthline.store import Connection
from berthline.store.compute import hosts, server_groups
from berthline.store.compute.servers import servers
from berthline.store.control import user_quotas
from berthline.workflows.requests import ServerRequest
from berthline.workflows.server.placing import hinted_servers


def check_hints(connection: Connection, caller: Caller, request: ServerRequest) -> None:
    """Raise BadRequest for a zone that there is not, and for a group or servers that are not the project's."""
    if request.availability_zone is not None and not hosts.has_zone(connection, request.availability_zone):
        raise BadRequest("The requested availability zone is not available")
    if "group" in request.scheduler_hints:
        group_id = ServerGroupId(str(request.scheduler_hints["group"]))
        if server_groups.rule(connection, group_id, project_id=caller.project_id) is None:
            raise BadRequest(f"Instance group {group_id} could not be found.")
    project_id = None if caller.is_admin else caller.project_id
    for hint in ("same_host", "different_host"):
        named = set(hinted_servers(request.scheduler_hints, hint))
        if named and (missing := named - servers.hosts_of(connection, named, project_id=project_id).keys()):
            raise BadRequest(
                f"Instance {min(missing)[:64]} could not be found, which the scheduler hint {hint} names: name servers "
                "of this project that are not deleted."
            )


def check_room_in_group(connection: Connection, caller: Caller, request: ServerRequest, count: int) -> None:
    """Raise QuotaExceeded when the request's group may not have ``count`` members more. The group stays locked."""
    if "group" not in request.scheduler_hints:
        return
    group_id = ServerGroupId(str(request.scheduler_hints["group"]))
    server_groups.lock(connection, group_id)
    named = ("server_group_members",)
    limit = user_quotas.limits(connection, caller.project_id, caller.user_id, named)["server_group_members"]
    held = server_groups.count(connection, group_id)
    if 0 <= limit < held + count:
        left = {"server_group_members": max(limit - held, 0)}
        raise QuotaExceeded("Quota exceeded, too many servers in group", {"left": left})
