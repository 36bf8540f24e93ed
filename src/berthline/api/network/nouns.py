"""The verbs that every noun of the network API has, made from a description of the noun: list, show, create, update,
delete.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec
from litestar import Response, delete, get, post, put
from litestar.params import FromPath

from berthline.api.frame import ApiRequest, Routes, current_caller, no_content, reply
from berthline.api.idempotency import Keep, answer_once, keep_nothing
from berthline.api.listing import choose_fields, fields_of
from berthline.api.network.bodies import network_service, read_object, read_objects, revision_of
from berthline.api.network.lists import Source, list_reply, read_list_request
from berthline.api.query import READS_ITS_QUERY, query
from berthline.domain.auth import Caller
from berthline.network.local import LocalNetworkService
from berthline.store import Connection
from berthline.store.engine.pages import Listed, ListRequest

T = TypeVar("T")
View = Callable[[Caller, T], Mapping[str, object]]


@dataclass(frozen=True, kw_only=True)
class Noun(Generic[T]):
    """One noun of the API: its words, what requests for it look like, and which verbs of the service do them.

    ``read_only`` are attributes that are shown and never set; ``update`` and ``update_type`` are None for a noun that
    does not change.
    """

    path: str
    singular: str
    plural: str
    listed: Listed
    view: View[T]
    create_type: type[msgspec.Struct]
    update_type: type[msgspec.Struct] | None
    show: Callable[[LocalNetworkService, Caller, str], Awaitable[T]]
    page: Callable[[LocalNetworkService, Caller, ListRequest], Awaitable[Sequence[T]]]
    create: Callable[[LocalNetworkService, Caller, list[Any]], Awaitable[Sequence[T]]]
    update: Callable[[LocalNetworkService, Caller, str, Any, int | None], Awaitable[T]] | None
    delete: Callable[[LocalNetworkService, Caller, str, int | None], Awaitable[None]]
    create_once: (
        Callable[
            [LocalNetworkService, Caller, list[Any], Callable[[Connection, Sequence[T]], None]], Awaitable[Sequence[T]]
        ]
        | None
    ) = None
    """``create`` for a noun whose POST obeys Idempotency-Key: the last argument runs inside its transaction."""
    check_rights: Callable[[Caller, Sequence[Any]], None] | None = None
    """Goes with ``create_once``: raises what a caller is told who may not make such things, before a key is read."""
    read_only: frozenset[str] = frozenset(
        {"id", "status", "revision_number", "created_at", "updated_at", "subnets", "security_group_rules"}
    )


def routes_of(noun: Noun[Any]) -> list[Routes]:
    """The handlers of one noun below /v2.0."""
    collection, item = f"/v2.0/{noun.path}", f"/v2.0/{noun.path}/{{object_id:str}}"
    handlers: list[Routes] = [
        get(collection, opt=dict(READS_ITS_QUERY))(_list_handler(noun)),
        post(collection, status_code=201)(_create_handler(noun)),
        get(item, opt=query("fields"))(_show_handler(noun)),
        delete(item, status_code=204)(_delete_handler(noun)),
    ]
    if noun.update is not None:
        handlers.append(put(item)(_update_handler(noun)))
    return handlers


def _list_handler(noun: Noun[Any]) -> Callable[..., Awaitable[Response[Any]]]:
    async def list_objects(request: ApiRequest) -> Response[Any]:
        wanted, page = read_list_request(request, noun.listed)
        service, caller = network_service(request), current_caller(request)
        source = Source[Any](
            noun.plural,
            noun.listed,
            lambda part: noun.page(service, caller, part),
            lambda each: noun.view(caller, each),
        )
        return await list_reply(request, wanted, page, source)

    return list_objects


def _show_handler(noun: Noun[Any]) -> Callable[..., Awaitable[Response[bytes]]]:
    async def show_object(request: ApiRequest, object_id: FromPath[str]) -> Response[bytes]:
        caller = current_caller(request)
        found = await noun.show(network_service(request), caller, object_id)
        return reply({noun.singular: choose_fields(noun.view(caller, found), fields_of(request))})

    return show_object


def _create_handler(noun: Noun[Any]) -> Callable[..., Awaitable[Response[bytes]]]:
    async def create_objects(request: ApiRequest) -> Response[bytes]:
        caller = current_caller(request)
        asked = await read_objects(request, noun.singular, noun.plural, noun.create_type, noun.read_only)
        service = network_service(request)

        def answer(made: Sequence[Any]) -> Response[bytes]:
            views = [noun.view(caller, each) for each in made]
            return reply({noun.plural: views} if asked.bulk else {noun.singular: views[0]}, 201)

        create_once, check_rights = noun.create_once, noun.check_rights
        if create_once is None or check_rights is None:
            return answer(await noun.create(service, caller, asked.items))

        async def work(keep: Keep) -> Response[bytes]:
            if keep is keep_nothing:
                return answer(await noun.create(service, caller, asked.items))
            return answer(await create_once(service, caller, asked.items, lambda c, made: keep(c, answer(made))))

        return await answer_once(request, lambda one: check_rights(one, asked.items), work)

    return create_objects


def _update_handler(noun: Noun[Any]) -> Callable[..., Awaitable[Response[bytes]]]:
    assert noun.update is not None
    assert noun.update_type is not None
    update, update_type = noun.update, noun.update_type
    only_at_creation = {field.encode_name for field in msgspec.structs.fields(noun.create_type)}

    async def update_object(request: ApiRequest, object_id: FromPath[str]) -> Response[bytes]:
        caller = current_caller(request)
        asked = await read_object(request, noun.singular, update_type, noun.read_only | only_at_creation)
        changed = await update(network_service(request), caller, object_id, asked, revision_of(request))
        return reply({noun.singular: noun.view(caller, changed)})

    return update_object


def _delete_handler(noun: Noun[Any]) -> Callable[..., Awaitable[Response[None]]]:
    async def delete_object(request: ApiRequest, object_id: FromPath[str]) -> Response[None]:
        await noun.delete(network_service(request), current_caller(request), object_id, revision_of(request))
        return no_content()

    return delete_object
