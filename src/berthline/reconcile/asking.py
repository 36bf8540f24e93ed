"""Who asked for what a reconciler goes on with, and who may take the sagas that it begins."""

from berthline.domain.auth import Caller
from berthline.domain.ids import DomainId, ProjectId, RequestId, UserId


def admin(user_id: UserId, project_id: ProjectId, request_id: RequestId) -> Caller:
    """The admin who asked, as what is done is noted with."""
    return Caller(
        user_id=user_id,
        user_name="",
        project_id=project_id,
        project_name="",
        domain_id=DomainId(""),
        roles=frozenset({"admin"}),
        request_id=request_id,
    )


def anybody(_host: str | None) -> None:
    """Whichever worker has the host takes the saga."""
