"""Identity v3 over HTTP."""

from collections.abc import Sequence

from berthline.api.frame import Routes
from berthline.api.identity import (
    application_credentials,
    assignments,
    catalog,
    domains,
    project_tags,
    projects,
    roles,
    tokens,
    users,
    versions,
)


def routers() -> Sequence[Routes]:
    """The handlers below /identity."""
    parts = (
        versions,
        tokens,
        catalog,
        domains,
        projects,
        project_tags,
        users,
        roles,
        assignments,
        application_credentials,
    )
    return [handler for part in parts for handler in part.HANDLERS]
