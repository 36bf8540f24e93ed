"""/v3/policies"""

from typing import Annotated, Final

import msgspec
from litestar import Response, delete, get, patch, post
from litestar.params import FromPath
from msgspec import UNSET, Meta, UnsetType

from berthline.api.frame import ApiRequest, Routes, current_caller, no_content, reply, services
from berthline.api.identity.bodies import read_open_noun
from berthline.api.identity.catalog import link, matching
from berthline.api.identity.queries import read_query
from berthline.api.identity.views import View
from berthline.domain.identity import StoredPolicy
from berthline.identity.stored_policies import PolicyFields, StoredPolicies

MOST_BLOB: Final = 64 * 1024


class PolicyBody(msgspec.Struct, forbid_unknown_fields=True):
    type: Annotated[str, Meta(min_length=1, max_length=255)] | UnsetType = UNSET
    blob: Annotated[str, Meta(max_length=MOST_BLOB)] | UnsetType = UNSET


def _stored(request: ApiRequest) -> StoredPolicies:
    return services(request).identity.policies


async def _fields(request: ApiRequest, own_id: str | None = None) -> PolicyFields:
    body, extra = await read_open_noun(request, "policy", PolicyBody, own_id)
    return PolicyFields(type=body.type, blob=body.blob, extra=extra)


@get("/v3/policies")
async def list_policies(request: ApiRequest) -> Response[bytes]:
    """All policies that are kept, by type."""
    query = read_query(request, texts=("type",))
    views = [_view(request, each) for each in await _stored(request).list(current_caller(request))]
    return reply(query.page(request, "policies", matching(views, query.exact)))


@post("/v3/policies")
async def create_policy(request: ApiRequest) -> Response[bytes]:
    """Keep a text for another service; it says nothing to this cloud."""
    made = await _stored(request).create(current_caller(request), await _fields(request))
    return reply({"policy": _view(request, made)}, 201)


@get("/v3/policies/{policy_id:str}")
async def show_policy(request: ApiRequest, policy_id: FromPath[str]) -> Response[bytes]:
    """One policy."""
    return reply({"policy": _view(request, await _stored(request).show(current_caller(request), policy_id))})


@patch("/v3/policies/{policy_id:str}")
async def update_policy(request: ApiRequest, policy_id: FromPath[str]) -> Response[bytes]:
    """Change a policy."""
    fields = await _fields(request, policy_id)
    return reply({"policy": _view(request, await _stored(request).update(current_caller(request), policy_id, fields))})


@delete("/v3/policies/{policy_id:str}", status_code=204)
async def delete_policy(request: ApiRequest, policy_id: FromPath[str]) -> Response[None]:
    """Delete a policy."""
    await _stored(request).delete(current_caller(request), policy_id)
    return no_content()


def _view(request: ApiRequest, policy: StoredPolicy) -> View:
    return {
        **policy.extra,
        "id": policy.id,
        "type": policy.type,
        "blob": policy.blob,
        "links": link(request, f"policies/{policy.id}"),
    }


HANDLERS: Final[tuple[Routes, ...]] = (list_policies, create_policy, show_policy, update_policy, delete_policy)
