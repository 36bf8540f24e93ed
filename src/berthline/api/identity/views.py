"""Identity values as Keystone shows them."""

from collections.abc import Iterable
from datetime import UTC, datetime

from berthline.api.frame import ApiRequest, base_url
from berthline.domain.identity import AccessRule, ApplicationCredential, Domain, Group, Project, Role, User
from berthline.identity.catalog import CatalogService
from berthline.identity.grants import NamedAssignment
from berthline.identity.service import TokenInfo
from berthline.store.identity.tokens import DomainRef

View = dict[str, object]


def timestamp(microseconds: int) -> str:
    """As Keystone writes times: 2026-01-31T09:30:00.000000Z."""
    return datetime.fromtimestamp(microseconds / 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def collection(request: ApiRequest, noun: str, views: Iterable[View]) -> View:
    """A list under its noun, with Keystone's links; lists are never cut."""
    href = base_url(request) + request.scope["path"]
    query = request.scope["query_string"].decode("latin-1")
    return {
        noun: list(views),
        "links": {"self": f"{href}?{query}" if query else href, "previous": None, "next": None},
    }


def _links(request: ApiRequest, kind: str, identity_id: str) -> View:
    return {"self": f"{base_url(request)}/identity/v3/{kind}/{identity_id}"}


def domain_view(request: ApiRequest, domain: Domain) -> View:
    """One domain, with what its makers added."""
    return {
        **domain.extra,
        "id": domain.id,
        "name": domain.name,
        "description": domain.description,
        "enabled": domain.enabled,
        "tags": domain.tags,
        "options": {},
        "links": _links(request, "domains", domain.id),
    }


def project_view(request: ApiRequest, project: Project) -> View:
    """One project, with what its makers added."""
    return {
        **project.extra,
        "id": project.id,
        "name": project.name,
        "domain_id": project.domain_id,
        "parent_id": project.parent_id,
        "description": project.description,
        "enabled": project.enabled,
        "is_domain": False,
        "tags": project.tags,
        "options": {},
        "links": _links(request, "projects", project.id),
    }


def user_view(request: ApiRequest, user: User) -> View:
    """One user, with what its makers added; email and default project only when set, as Keystone does."""
    view: View = {
        **user.extra,
        "id": user.id,
        "name": user.name,
        "domain_id": user.domain_id,
        "enabled": user.enabled,
        "password_expires_at": None,
        "options": {},
        "links": _links(request, "users", user.id),
    }
    optional = {
        "description": user.description or None,
        "email": user.email,
        "default_project_id": user.default_project_id,
    }
    return {**view, **{name: value for name, value in optional.items() if value is not None}}


def group_view(request: ApiRequest, group: Group) -> View:
    """One group, with what its makers added."""
    return {
        **group.extra,
        "id": group.id,
        "name": group.name,
        "domain_id": group.domain_id,
        "description": group.description,
        "links": _links(request, "groups", group.id),
    }


def role_view(request: ApiRequest, role: Role) -> View:
    """One role, with what its makers added."""
    return {
        **role.extra,
        "id": role.id,
        "name": role.name,
        "domain_id": role.domain_id,
        "description": role.description,
        "options": {},
        "links": _links(request, "roles", role.id),
    }


def role_ref(request: ApiRequest, role: Role) -> View:
    """A role as one end of an inference."""
    return {"id": role.id, "name": role.name, "links": _links(request, "roles", role.id)}


def catalog_view(services: Iterable[CatalogService]) -> list[View]:
    """The catalogue as tokens carry it."""
    return [
        {
            "id": service.id,
            "type": service.type,
            "name": service.name,
            "endpoints": [
                {
                    "id": endpoint.id,
                    "interface": endpoint.interface,
                    "region": endpoint.region,
                    "region_id": endpoint.region,
                    "url": endpoint.url,
                }
                for endpoint in service.endpoints
            ],
        }
        for service in services
    ]


def token_view(info: TokenInfo, catalog: Iterable[CatalogService] | None) -> View:
    """A token's body; ``catalog`` None: the request asked for none, or an unscoped token has none."""
    claims, standing = info.claims, info.standing
    view: View = {
        "methods": claims.methods,
        "user": {
            "id": standing.user.id,
            "name": standing.user.name,
            "domain": _domain_ref(standing.user.domain),
            "password_expires_at": None,
        },
        "audit_ids": claims.audit_ids,
        "issued_at": timestamp(claims.issued_at),
        "expires_at": timestamp(claims.expires_at),
    }
    if claims.scope is None:
        return view
    if standing.project is not None:
        project = standing.project
        view["project"] = {"id": project.id, "name": project.name, "domain": _domain_ref(project.domain)}
        view["is_domain"] = False
    elif standing.domain is not None:
        view["domain"] = _domain_ref(standing.domain)
    else:
        view["system"] = {"all": True}
    view["roles"] = [{"id": role.id, "name": role.name} for role in info.roles]
    if catalog is not None:
        view["catalog"] = catalog_view(catalog)
    if (credential := info.credential) is not None:
        named: View = {"id": credential.id, "name": credential.name, "restricted": not credential.unrestricted}
        if credential.rules is not None:
            named["access_rules"] = [_rule(rule) for rule in credential.rules]
        view["application_credential"] = named
    return view


def credential_view(request: ApiRequest, credential: ApplicationCredential) -> View:
    """One application credential; never its secret."""
    ends = None if credential.expires_at is None else datetime.fromtimestamp(credential.expires_at / 1_000_000, UTC)
    view: View = {
        "id": credential.id,
        "name": credential.name,
        "description": credential.description,
        "user_id": credential.user_id,
        "project_id": credential.project_id,
        "system": None,
        "roles": [
            {
                "id": role.id,
                "name": role.name,
                "domain_id": role.domain_id,
                "description": role.description,
                "options": {},
            }
            for role in credential.roles
        ],
        "expires_at": None if ends is None else ends.replace(tzinfo=None).isoformat(),
        "unrestricted": credential.unrestricted,
        "links": _links(request, f"users/{credential.user_id}/application_credentials", credential.id),
    }
    if credential.rules is not None:
        view["access_rules"] = [_rule(rule) for rule in credential.rules]
    return view


def access_rule_view(request: ApiRequest, user_id: str, rule: AccessRule) -> View:
    """One access rule of a user's."""
    return {**_rule(rule), "links": _links(request, f"users/{user_id}/access_rules", rule.id)}


def _rule(rule: AccessRule) -> View:
    return {"id": rule.id, "service": rule.service, "path": rule.path, "method": rule.method}


def assignment_view(request: ApiRequest, named: NamedAssignment, *, names: bool) -> View:
    """One assignment, with names when the request asked for them."""
    assignment = named.assignment
    noun, holder_id = ("group", assignment.group_id) if assignment.group_id else ("user", assignment.user_id)
    holder: View = {"id": holder_id}
    role: View = {"id": assignment.role_id}
    target: View = {"id": assignment.scope.target_id}
    if names:
        holder |= {"name": named.holder[0], "domain": {"id": named.holder[1], "name": named.holder[2]}}
        role |= {"name": named.role[0]}
        if named.role[1]:
            role["domain"] = {"id": named.role[1], "name": named.role[2]}
        target["name"] = named.target[0]
        if assignment.scope.kind == "project":
            target["domain"] = {"id": named.target[1], "name": named.target[2]}
    kind = assignment.scope.kind
    scope: View = {"system": {"all": True}} if kind == "system" else {kind: target}
    if assignment.inherited or named.source.above is not None:
        scope["OS-INHERIT:inherited_to"] = "projects"
    return {"scope": scope, "role": role, noun: holder, "links": _assignment_links(request, named)}


def _assignment_links(request: ApiRequest, named: NamedAssignment) -> View:
    """To the assignment that was made, and to what makes the holder hold the role by it."""
    assignment, source = named.assignment, named.source
    base = f"{base_url(request)}/identity/v3"
    kind, target_id = source.above or assignment.scope
    where = "system" if kind == "system" else f"{kind}s/{target_id}"
    holder = f"users/{assignment.user_id}"
    if group_id := source.group_id or assignment.group_id:
        holder = f"groups/{group_id}"
    made = f"{where}/{holder}/roles/{source.role_id}"
    if assignment.inherited or source.above is not None:
        made = f"OS-INHERIT/{made}/inherited_to_projects"
    links: View = {"assignment": f"{base}/{made}"}
    if source.group_id:
        links["membership"] = f"{base}/groups/{source.group_id}/users/{assignment.user_id}"
    if source.role_id != assignment.role_id:
        links["prior_role"] = f"{base}/roles/{source.role_id}"
    return links


def _domain_ref(domain: DomainRef) -> View:
    return {"id": domain.id, "name": domain.name}
