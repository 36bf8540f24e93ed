"""Identity v3 over HTTP."""

from collections.abc import Sequence

from berthline.api.frame import Routes
from berthline.api.identity import (
    application_credentials,
    assignments,
    catalog,
    domains,
    endpoints,
    group_roles,
    groups,
    inherited_roles,
    project_tags,
    projects,
    regions,
    roles,
    services,
    tokens,
    users,
    versions,
)


def routers() -> Sequence[Routes]:
    """The handlers below /identity."""
    directory = (domains, projects, project_tags, users, groups, roles, assignments, group_roles, inherited_roles)
    parts = (versions, tokens, catalog, regions, services, endpoints, *directory, application_credentials)
    return [handler for part in parts for handler in part.HANDLERS]
