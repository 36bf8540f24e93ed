"""/v3/domains"""

from typing import Final

from litestar import Response, delete, get, patch, post
from litestar.params import FromPath
from msgspec import UNSET

from berthline.api.frame import ApiRequest, Routes, current_caller, no_content, reply, services
from berthline.api.identity.bodies import DomainBody, or_empty, read_open_noun, refuse_options
from berthline.api.identity.queries import read_query
from berthline.api.identity.views import domain_view
from berthline.domain.errors import BadRequest
from berthline.identity.directory import Directory, DomainFields


def _directory(request: ApiRequest) -> Directory:
    return services(request).identity.directory


async def _fields(request: ApiRequest, own_id: str | None = None) -> DomainFields:
    body, extra = await read_open_noun(request, "domain", DomainBody, own_id)
    refuse_options(body.options)
    if own_id is not None and body.explicit_domain_id is not UNSET:
        raise BadRequest("explicit_domain_id is for a new domain: a domain keeps its id")
    return DomainFields(
        id=body.explicit_domain_id,
        name=body.name,
        description=or_empty(body.description),
        enabled=body.enabled,
        tags=body.tags,
        extra=extra,
    )


@get("/v3/domains")
async def list_domains(request: ApiRequest) -> Response[bytes]:
    """All domains, by name or enabled."""
    query = read_query(request, texts=("name",), flags=("enabled",))
    found = await _directory(request).domains(current_caller(request), query.exact)
    return reply(query.page(request, "domains", (domain_view(request, each) for each in found)))


@post("/v3/domains")
async def create_domain(request: ApiRequest) -> Response[bytes]:
    """A new domain."""
    domain = await _directory(request).create_domain(current_caller(request), await _fields(request))
    return reply({"domain": domain_view(request, domain)}, 201)


@get("/v3/domains/{domain_id:str}")
async def show_domain(request: ApiRequest, domain_id: FromPath[str]) -> Response[bytes]:
    """One domain."""
    domain = await _directory(request).domain(current_caller(request), domain_id)
    return reply({"domain": domain_view(request, domain)})


@patch("/v3/domains/{domain_id:str}")
async def update_domain(request: ApiRequest, domain_id: FromPath[str]) -> Response[bytes]:
    """Change name, description or enabled."""
    domain = await _directory(request).update_domain(
        current_caller(request), domain_id, await _fields(request, domain_id)
    )
    return reply({"domain": domain_view(request, domain)})


@delete("/v3/domains/{domain_id:str}", status_code=204)
async def delete_domain(request: ApiRequest, domain_id: FromPath[str]) -> Response[None]:
    """Delete a disabled, empty domain."""
    await _directory(request).delete_domain(current_caller(request), domain_id)
    return no_content()


HANDLERS: Final[tuple[Routes, ...]] = (list_domains, create_domain, show_domain, update_domain, delete_domain)
