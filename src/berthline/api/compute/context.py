"""What every compute handler starts from and ends with: the caller, the microversion, and answers that say it."""

from dataclasses import dataclass
from typing import Final, NoReturn

from litestar import Response

from berthline.api.compute import rights
from berthline.api.compute.rights import Right
from berthline.api.frame import ApiRequest, Services, base_url, current_caller, no_content, reply, services
from berthline.api.microversion import Microversion, microversion_headers, requested_microversion
from berthline.domain.auth import Caller
from berthline.domain.compute import Server
from berthline.domain.errors import BadRequest, Conflict, Forbidden, NotFound
from berthline.domain.ids import ServerId
from berthline.store import Connection
from berthline.store.compute.servers import servers
from berthline.store.identity import directory as identity

PREFIX: Final = "/compute/v2.1"
PROJECTS: Final = frozenset({Right.READER, Right.MEMBER, Right.MANAGER})
"""Rights that somebody has in a project."""
PATH_PROJECT: Final = "berthline.path_project"
"""Where a request's scope has the project that its path names."""
HTTP_NOT_FOUND: Final = "The resource could not be found."


@dataclass(frozen=True)
class Context:
    """One request of the compute API. ``base`` is scheme, host and port of links."""

    request: ApiRequest
    services: Services
    caller: Caller
    version: Microversion
    base: str

    @classmethod
    def of(cls, request: ApiRequest) -> "Context":
        """The context of a request that carries a token. Raises Unauthorized, NotAcceptable, BadRequest.

        BadRequest also when the path names another project than the token.
        """
        caller = current_caller(request)
        named = request.scope.get(PATH_PROJECT)
        if named is not None and named != caller.project_id:
            raise BadRequest(
                f"Malformed request URL: URL's project_id '{named}' doesn't match Context's project_id "
                f"'{caller.project_id}'"
            )
        return cls(
            request=request,
            services=services(request),
            caller=caller,
            version=requested_microversion(request),
            base=base_url(request),
        )

    def since(self, minor: int) -> bool:
        """True when the request speaks at least microversion 2.``minor``."""
        return self.version.minor >= minor

    def answer(self, value: object, status: int = 200, location: str | None = None) -> Response[bytes]:
        """``value`` as JSON, with the microversion that it was written in."""
        return reply(value, status, self._headers(location))

    def empty(self, status: int = 204, location: str | None = None) -> Response[None]:
        """An answer without a body."""
        return no_content(status, self._headers(location))

    def _headers(self, location: str | None) -> dict[str, str]:
        headers = dict(microversion_headers(self.version))
        return headers | {"Location": location} if location else headers

    def link(self, path: str) -> str:
        """The absolute URL of a path of the compute API."""
        return self.base + PREFIX + path

    def bookmark(self, path: str) -> str:
        """The URL of a path without the API's version, as Nova's bookmark links have it."""
        return f"{self.base}/compute{path}"

    def links(self, path: str) -> list[dict[str, str]]:
        """Nova's pair of links to one thing."""
        return [{"rel": "self", "href": self.link(path)}, {"rel": "bookmark", "href": self.bookmark(path)}]

    def require(self, rule: str) -> None:
        """Raise Forbidden, naming Nova's policy rule, unless the caller has the right that ``rights`` says it takes."""
        if not rights.may(self.caller, rule):
            forbid(rule)
        if rights.RIGHTS[rule] in PROJECTS and not (self.caller.project_id or self.caller.is_admin):
            raise Forbidden("This needs a token that is scoped to a project.")

    def require_admin(self, rule: str) -> None:
        """Raise Forbidden, naming Nova's policy rule, unless the caller is an admin."""
        if not self.caller.is_admin:
            forbid(rule)

    def require_writer(self, rule: str) -> None:
        """Raise Forbidden unless the caller may change things in a project: a reader may not."""
        if not self.caller.may_write:
            forbid(rule)
        if not self.caller.project_id:
            raise Forbidden("This needs a token that is scoped to a project.")

    async def server(self, server_id: str) -> Server:
        """The server, when the caller may see it. Raises NotFound in Nova's words."""
        return await self.services.store.read_short(
            lambda connection: visible_server(connection, self.caller, server_id)
        )


def visible_server(connection: Connection, caller: Caller, server_id: str) -> Server:
    """The caller's server, or any server for an admin; another project's is as unknown as one that never was."""
    server = servers.get(connection, ServerId(server_id), project_id=None if caller.is_admin else caller.project_id)
    if server is None:
        raise NotFound(f"Instance {server_id} could not be found.")
    return server


def changed_server(connection: Connection, caller: Caller, server_id: str) -> Server:
    """``visible_server`` for a change by what it is: nobody else changes it meanwhile."""
    servers.lock(connection, server_id)
    return visible_server(connection, caller, server_id)


def unlocked_server(connection: Connection, caller: Caller, server_id: str) -> Server:
    """``changed_server`` for a change that a lock forbids. Raises Conflict when it is locked, admins excepted."""
    server = changed_server(connection, caller, server_id)
    if server.locked and not caller.is_admin:
        raise Conflict(f"Instance {server_id} is locked")
    return server


def hold_project(connection: Connection, project_id: str) -> None:
    """``check_project``, of a project that is not ended before what is written of it is there.

    One transaction at a time has it so: two that share what is left of something see each other.
    """
    identity.lock(connection, "project", project_id)
    check_project(connection, project_id)


def check_project(connection: Connection, project_id: str) -> None:
    """Raise BadRequest in Nova's words unless there is such a project. For admins' requests only: it tells."""
    if identity.get_project(connection, project_id) is None:
        raise BadRequest(f"Project ID {project_id[:64]} is not a valid project.")


def forbid(rule: str) -> NoReturn:
    """Raise Forbidden in Nova's words for a policy rule."""
    raise Forbidden(f"Policy doesn't allow {rule} to be performed.")


def no_such_route() -> NoReturn:
    """Raise NotFound as for a path that this microversion does not have."""
    raise NotFound(HTTP_NOT_FOUND)


def unsupported(what: str) -> NoReturn:
    """Raise BadRequest for what Nova can do and Berthline cannot: it says so, rather than seem to have done it."""
    raise BadRequest(f"{what} is not supported by this cloud.")
