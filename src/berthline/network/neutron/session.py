"""Requests to Neutron: by keystoneauth1, in a few threads, so that the event loop never waits for a socket."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, NamedTuple, TypeVar
from urllib.parse import urlencode

import msgspec
from keystoneauth1 import exceptions, noauth, service_token
from keystoneauth1.identity import v3
from keystoneauth1.plugin import BaseAuthPlugin
from keystoneauth1.session import Session

from berthline.domain.auth import Caller
from berthline.domain.errors import BerthlineError, Forbidden, NetworkServiceUnavailable, Refused
from berthline.domain.ids import ProjectId
from berthline.network.neutron.errors import error_of
from berthline.network.neutron.settings import NeutronSettings

T = TypeVar("T")
Query = Sequence[tuple[str, str]]

THREADS: Final = 8
TRIES: Final = 3
"""How often a request that may be repeated is sent when its connection is lost."""
PAUSE_SECONDS: Final = 0.05
KNOWN_USERS: Final = 256
REFUSED_FROM: Final = 400
UNAUTHORIZED: Final = 401


class View(NamedTuple):
    """As whom Neutron is asked: a caller, or the service itself (None). ``request_id`` is told to it for its log."""

    caller: Caller | None
    request_id: str


class NeutronSession:
    """Raises NetworkServiceUnavailable when no whole answer came, and what ``error_of`` makes of a refusal."""

    def __init__(self, settings: NeutronSettings) -> None:
        self._settings = settings
        verify: bool | str = settings.ca_file or True
        self._session = Session(verify=verify, timeout=settings.timeout, user_agent="berthline")
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="neutron")
        self._service = self._plugin_for(None)
        self._users: OrderedDict[str, BaseAuthPlugin] = OrderedDict()

    def close(self) -> None:
        """Wait for what is under way; nothing may be asked any more."""
        self._threads.shutdown(wait=True)

    async def get(self, view: View, path: str, answer: type[T], query: Query = ()) -> T:
        """What is at ``path``, such as /ports."""
        found: T = await self._in_thread(view, "GET", path, answer, query=query, repeat=True)
        return found

    async def post(self, view: View, path: str, answer: type[T], body: object) -> T:
        """Make something. Sent once: without an answer nobody knows whether it was made."""
        found: T = await self._in_thread(view, "POST", path, answer, body=body, repeat=False)
        return found

    async def put(
        self, view: View, path: str, answer: type[T], body: object, *, revision: int | None = None, repeat: bool = False
    ) -> T:
        """Change something; with ``revision`` only if it is still that. Raises PreconditionFailed if it is not."""
        found: T = await self._in_thread(view, "PUT", path, answer, body=body, revision=revision, repeat=repeat)
        return found

    async def delete(self, view: View, path: str) -> None:
        """Delete something. Raises NotFound, or an error of its kind, if it is gone."""
        await self._in_thread(view, "DELETE", path, None, repeat=True)

    async def project_of(self, caller: Caller) -> ProjectId:
        """The caller's project as Neutron knows it. Raises Forbidden when we may not act for it there."""
        if self._settings.auth == "none" or self._settings.projects == "id":
            return caller.project_id
        plugin = self._user(caller)
        found: str | None = await self._run(self._guarded, caller, lambda: plugin.get_project_id(self._session))
        if found is None:
            raise Forbidden(f"The network service knows no project {caller.project_name}.")
        return ProjectId(found)

    async def _in_thread(self, view: View, method: str, path: str, answer: type[T] | None, **more: Any) -> Any:
        return await self._run(self._request, view, method, path, answer, more)

    async def _run(self, work: Any, *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)

    def _request(self, view: View, method: str, path: str, answer: type[T] | None, more: Mapping[str, Any]) -> Any:
        for left in reversed(range(TRIES if more["repeat"] else 1)):
            try:
                return self._send(view, method, path, answer, more)
            except _LostError as lost:
                if not left:
                    raise NetworkServiceUnavailable(f"The network service could not be reached: {lost}") from None
                time.sleep(PAUSE_SECONDS)
        raise AssertionError("the last try ends the loop")

    def _send(self, view: View, method: str, path: str, answer: type[T] | None, more: Mapping[str, Any]) -> Any:
        query = urlencode(more.get("query") or ())
        url = f"{self._settings.base}{path}" + (f"?{query}" if query else "")
        headers = self._headers(view, more.get("revision"))
        plugin = self._service if view.caller is None else self._user(view.caller)
        body = more.get("body")
        if body is not None:
            headers["Content-Type"] = "application/json"
        reply = self._guarded(
            view.caller,
            lambda: self._session.request(
                url,
                method,
                auth=plugin,
                headers=headers,
                data=None if body is None else msgspec.json.encode(body),
                raise_exc=False,
                log=False,
                connect_retries=0,
            ),
        )
        if reply.status_code == UNAUTHORIZED:
            raise self._not_let_in(view.caller, "Unauthorized")
        if reply.status_code >= REFUSED_FROM:
            raise error_of(reply.status_code, reply.content)
        try:
            return None if answer is None else msgspec.json.decode(reply.content, type=answer)
        except (msgspec.DecodeError, msgspec.ValidationError) as error:
            raise Refused(f"The network service gave an answer that is none of Neutron's: {error}") from None

    def _guarded(self, caller: Caller | None, send: Any) -> Any:
        """Run ``send``, with keystoneauth's errors in our words."""
        try:
            return send()
        except exceptions.SSLError as error:
            raise Refused(f"The network service's certificate was refused: {type(error).__name__}") from None
        except (exceptions.ConnectionError, exceptions.HttpServerError) as error:
            raise _LostError(type(error).__name__) from None
        except (exceptions.ClientException, exceptions.HTTPClientError) as error:
            raise self._not_let_in(caller, type(error).__name__) from None

    @staticmethod
    def _not_let_in(caller: Caller | None, name: str) -> BerthlineError:
        if caller is None:
            return Refused(
                f"The identity service of the networks does not take our credentials ({name}): see [network]"
            )
        return Forbidden(
            f"We may not act for project {caller.project_name or caller.project_id} at the network service "
            f"({name}): its operator has to give our user a role there."
        )

    def _headers(self, view: View, revision: int | None) -> dict[str, str]:
        headers = {"Accept": "application/json", "X-OpenStack-Request-ID": view.request_id}
        if revision is not None:
            headers["If-Match"] = f"revision_number={revision}"
        if self._settings.auth == "none":
            caller = view.caller
            headers["X-Roles"] = ",".join(sorted(caller.roles)) if caller else "admin,service"
            headers["X-Project-Id"] = caller.project_id if caller else self._settings.project
            headers["X-User-Id"] = caller.user_id if caller else "berthline"
        return headers

    def _user(self, caller: Caller) -> BaseAuthPlugin:
        """Who speaks for this caller's project: our user with a role in it, vouched for by our own token."""
        if self._settings.auth == "none":
            return self._service
        key = caller.project_id if self._settings.projects == "id" else caller.project_name
        plugin = self._users.pop(key, None)
        if plugin is None:
            plugin = service_token.ServiceTokenAuthWrapper(user_auth=self._plugin_for(key), service_auth=self._service)
        self._users[key] = plugin
        while len(self._users) > KNOWN_USERS:
            self._users.popitem(last=False)
        return plugin

    def _plugin_for(self, project: str | None) -> BaseAuthPlugin:
        settings = self._settings
        if settings.auth == "none":
            return noauth.NoAuth(endpoint=settings.base)
        by_id = project is not None and settings.projects == "id"
        return v3.Password(
            auth_url=settings.identity,
            username=settings.username,
            password=settings.password,
            user_domain_name=settings.user_domain,
            project_id=project if by_id else None,
            project_name=None if by_id else project or settings.project,
            project_domain_name=None if by_id else settings.project_domain,
        )


class _LostError(Exception):
    """No whole answer came, or the identity service failed: whether the request was carried out is not known."""
