"""Identity v3 over HTTP."""

from collections.abc import Sequence

from berthline.api.frame import Routes
from berthline.api.identity import (
    application_credentials,
    assignments,
    catalog,
    credentials,
    domains,
    endpoints,
    groups,
    policies,
    project_tags,
    projects,
    regions,
    role_grants,
    roles,
    services,
    tokens,
    users,
    versions,
)


def routers() -> Sequence[Routes]:
    """The handlers below /identity."""
    directory = (domains, projects, project_tags, users, groups, roles, assignments, role_grants)
    registered = (catalog, regions, services, endpoints)
    parts = (versions, tokens, *registered, *directory, application_credentials, credentials, policies)
    return [handler for part in parts for handler in part.HANDLERS]
