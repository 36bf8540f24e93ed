"""/v3/credentials, and those of EC2 below /v3/users/{id}/credentials/OS-EC2"""

from typing import Annotated, Final

import msgspec
from litestar import Response, delete, get, patch, post
from litestar.params import FromPath
from msgspec import UNSET, Meta, UnsetType

from berthline.api.body import read_json
from berthline.api.frame import ApiRequest, Routes, current_caller, no_content, reply, services
from berthline.api.identity.bodies import IdText, read_open_noun
from berthline.api.identity.catalog import link
from berthline.api.identity.queries import read_query
from berthline.api.identity.views import View
from berthline.domain.identity import StoredCredential
from berthline.identity.stored_credentials import CredentialFields, StoredCredentials, key_pair

MOST_BLOB: Final = 64 * 1024
"""Characters, as in a column TEXT of the database that Keystone runs on most."""


class CredentialBody(msgspec.Struct, forbid_unknown_fields=True):
    user_id: IdText | UnsetType = UNSET
    project_id: IdText | UnsetType | None = UNSET
    type: Annotated[str, Meta(min_length=1, max_length=255)] | UnsetType = UNSET
    blob: Annotated[str, Meta(max_length=MOST_BLOB)] | UnsetType = UNSET


class Ec2Body(msgspec.Struct, forbid_unknown_fields=True):
    """Clients send a null beside it, which says nothing."""

    tenant_id: IdText


def _stored(request: ApiRequest) -> StoredCredentials:
    return services(request).identity.credentials


async def _fields(request: ApiRequest, own_id: str | None = None) -> CredentialFields:
    body, extra = await read_open_noun(request, "credential", CredentialBody, own_id)
    return CredentialFields(
        user_id=body.user_id, project_id=body.project_id, type=body.type, blob=body.blob, extra=extra
    )


@get("/v3/credentials")
async def list_stored_credentials(request: ApiRequest) -> Response[bytes]:
    """One's own credentials, or everybody's for an admin, by user or type."""
    query = read_query(request, texts=("user_id", "type"))
    found = await _stored(request).list(current_caller(request), query.exact)
    return reply(query.page(request, "credentials", [_view(request, each) for each in found]))


@post("/v3/credentials")
async def create_stored_credential(request: ApiRequest) -> Response[bytes]:
    """Keep a credential with a user. The id of an EC2 one follows from its access key."""
    made = await _stored(request).create(current_caller(request), await _fields(request))
    return reply({"credential": _view(request, made)}, 201)


@get("/v3/credentials/{credential_id:str}")
async def show_stored_credential(request: ApiRequest, credential_id: FromPath[str]) -> Response[bytes]:
    """One credential."""
    return reply({"credential": _view(request, await _stored(request).show(current_caller(request), credential_id))})


@patch("/v3/credentials/{credential_id:str}")
async def update_stored_credential(request: ApiRequest, credential_id: FromPath[str]) -> Response[bytes]:
    """Change a credential."""
    fields = await _fields(request, credential_id)
    changed = await _stored(request).update(current_caller(request), credential_id, fields)
    return reply({"credential": _view(request, changed)})


@delete("/v3/credentials/{credential_id:str}", status_code=204)
async def delete_stored_credential(request: ApiRequest, credential_id: FromPath[str]) -> Response[None]:
    """Delete a credential."""
    await _stored(request).delete(current_caller(request), credential_id)
    return no_content()


@get("/v3/users/{user_id:str}/credentials/OS-EC2")
async def list_ec2(request: ApiRequest, user_id: FromPath[str]) -> Response[bytes]:
    """A user's EC2 credentials."""
    query = read_query(request, texts=())
    found = await _stored(request).list_ec2(current_caller(request), user_id)
    return reply(query.page(request, "credentials", [_ec2_view(request, each) for each in found]))


@post("/v3/users/{user_id:str}/credentials/OS-EC2")
async def create_ec2(request: ApiRequest, user_id: FromPath[str]) -> Response[bytes]:
    """A new access key and its secret for the user in a project."""
    body = await read_json(request, Ec2Body)
    made = await _stored(request).create_ec2(current_caller(request), user_id, body.tenant_id)
    return reply({"credential": _ec2_view(request, made)}, 201)


@get("/v3/users/{user_id:str}/credentials/OS-EC2/{access:str}")
async def show_ec2(request: ApiRequest, user_id: FromPath[str], access: FromPath[str]) -> Response[bytes]:
    """One EC2 credential, by its access key."""
    found = await _stored(request).show_ec2(current_caller(request), user_id, access)
    return reply({"credential": _ec2_view(request, found)})


@delete("/v3/users/{user_id:str}/credentials/OS-EC2/{access:str}", status_code=204)
async def delete_ec2(request: ApiRequest, user_id: FromPath[str], access: FromPath[str]) -> Response[None]:
    """Delete an EC2 credential."""
    await _stored(request).delete_ec2(current_caller(request), user_id, access)
    return no_content()


def _view(request: ApiRequest, credential: StoredCredential) -> View:
    return {
        **credential.extra,
        "id": credential.id,
        "user_id": credential.user_id,
        "project_id": credential.project_id,
        "type": credential.type,
        "blob": credential.blob,
        "links": link(request, f"credentials/{credential.id}"),
    }


def _ec2_view(request: ApiRequest, credential: StoredCredential) -> View:
    pair = key_pair(credential)
    return {
        "user_id": credential.user_id,
        "tenant_id": credential.project_id,
        "access": pair.access,
        "secret": pair.secret,
        "trust_id": None,
        "links": link(request, f"users/{credential.user_id}/credentials/OS-EC2/{pair.access}"),
    }


HANDLERS: Final[tuple[Routes, ...]] = (
    list_stored_credentials,
    create_stored_credential,
    show_stored_credential,
    update_stored_credential,
    delete_stored_credential,
    list_ec2,
    create_ec2,
    show_ec2,
    delete_ec2,
)
