"""A small client of the OpenStack APIs: what our own commands need, and no more."""

import ssl
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any, Final, Literal, TypeVar

import httpx
import msgspec

from berthline.bootstrap.clouds_file import CloudEntry, read
from berthline.cli.errors import CloudRefused, CommandFailed

T = TypeVar("T")
ServiceType = Literal["identity", "image", "network", "compute", "berthline"]
VERSION_PATHS: Final[dict[str, str]] = {"identity": "/v3", "image": "/v2", "network": "/v2.0", "compute": "/v2.1"}
COMPUTE_MICROVERSION: Final = "2.79"
TIMEOUT_SECONDS: Final = 60.0
CHUNK: Final = 1 << 20


class _Endpoint(msgspec.Struct, frozen=True):
    interface: str
    url: str


class _Service(msgspec.Struct, frozen=True):
    type: str
    endpoints: tuple[_Endpoint, ...]


class _Token(msgspec.Struct, frozen=True):
    catalog: tuple[_Service, ...] = ()


class _TokenReply(msgspec.Struct, frozen=True):
    token: _Token


def _known(entry: CloudEntry) -> ssl.SSLContext | bool:
    """Who may vouch for the cloud. Raises CommandFailed for a file that names nobody."""
    if not entry.cacert:
        return True
    try:
        return ssl.create_default_context(cafile=entry.cacert)
    except OSError as error:  # an SSLError is one, too
        raise CommandFailed(f"{entry.cacert}, the cacert of clouds.yaml, cannot be used: {error.strerror}") from None


class Client:
    """A session with one cloud as one user of one project. Use it in a ``with`` statement."""

    def __init__(self, entry: CloudEntry) -> None:
        """Log in. Raises CloudRefused, CommandFailed when nothing answers."""
        self._http = httpx.Client(timeout=TIMEOUT_SECONDS, trust_env=False, verify=_known(entry))
        self._bases: dict[str, str] = {}
        self._log_in(entry)

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    # --- verbs ---

    def show(self, service: ServiceType, path: str, key: str, kind: type[T], **chosen: str) -> T:
        """GET one thing, the one ``chosen``: the value of ``key`` in the reply, as ``kind``."""
        return self._decode(self._send("GET", service, path, params=chosen), key, kind)

    def read(self, service: ServiceType, path: str, kind: type[T]) -> T:
        """GET a reply that has no key around it."""
        return msgspec.json.decode(self._send("GET", service, path).content, type=kind)

    def list(self, service: ServiceType, path: str, key: str, kind: type[T], **filters: str) -> tuple[T, ...]:
        """GET a list of things, those that fit ``filters``."""
        return self._decode(self._send("GET", service, path, params=filters), key, tuple[kind, ...])  # type: ignore[valid-type]

    def create(self, service: ServiceType, path: str, key: str, body: Mapping[str, Any], kind: type[T]) -> T:
        """POST ``{key: body}`` and give back the thing made."""
        return self._decode(self._send("POST", service, path, json={key: body}), key, kind)

    def create_image(self, body: Mapping[str, Any], kind: type[T]) -> T:
        """POST /v2/images, whose body and reply have no key around them."""
        return msgspec.json.decode(self._send("POST", "image", "/images", json=body).content, type=kind)

    def upload(self, image_id: str, file: IO[bytes]) -> None:
        """PUT an image's bytes, a chunk at a time."""

        def chunks() -> Iterator[bytes]:
            while chunk := file.read(CHUNK):
                yield chunk

        headers = {"Content-Type": "application/octet-stream"}
        self._send("PUT", "image", f"/images/{image_id}/file", content=chunks(), headers=headers)

    def change(self, service: ServiceType, path: str, key: str, body: Mapping[str, Any], kind: type[T]) -> T:
        """PUT ``{key: body}``."""
        return self._decode(self._send("PUT", service, path, json={key: body}), key, kind)

    def patch(self, service: ServiceType, path: str, key: str, body: Mapping[str, Any], kind: type[T]) -> T:
        """PATCH ``{key: body}``."""
        return self._decode(self._send("PATCH", service, path, json={key: body}), key, kind)

    def put(self, service: ServiceType, path: str, body: Mapping[str, Any]) -> None:
        """PUT a body as it is; the reply is not looked at."""
        self._send("PUT", service, path, json=body)

    def act(self, service: ServiceType, path: str, body: Mapping[str, Any]) -> None:
        """POST a body as it is; the reply is not looked at."""
        self._send("POST", service, path, json=body)

    def delete(self, service: ServiceType, path: str) -> bool:
        """DELETE one thing; False when it was not there."""
        try:
            self._send("DELETE", service, path)
        except CloudRefused as refused:
            if refused.status == httpx.codes.NOT_FOUND:
                return False
            raise
        return True

    # --- inside ---

    def _log_in(self, entry: CloudEntry) -> None:
        auth = entry.auth
        body = {
            "auth": {
                "identity": {
                    "methods": ["password"],
                    "password": {
                        "user": {
                            "name": auth.username,
                            "domain": {"name": auth.user_domain_name},
                            "password": auth.password,
                        }
                    },
                },
                "scope": {"project": {"name": auth.project_name, "domain": {"name": auth.project_domain_name}}},
            }
        }
        url = auth.auth_url.rstrip("/")
        url = url if url.endswith("/v3") else url + "/v3"
        reply = self._request("POST", f"{url}/auth/tokens", json=body)
        self._http.headers["X-Auth-Token"] = reply.headers["X-Subject-Token"]
        self._http.headers["OpenStack-API-Version"] = f"compute {COMPUTE_MICROVERSION}"
        token = msgspec.json.decode(reply.content, type=_TokenReply).token
        for service in token.catalog:
            public = [endpoint.url for endpoint in service.endpoints if endpoint.interface == "public"]
            version = VERSION_PATHS.get(service.type, "")
            if public:
                base = public[0].rstrip("/")
                self._bases[service.type] = base if base.endswith(version) else base + version
        self._bases["berthline"] = url.removesuffix("/identity/v3") + "/berthline/v1"

    def _send(self, method: str, service: ServiceType, path: str, **arguments: Any) -> httpx.Response:
        if service not in self._bases:
            raise CommandFailed(f"the cloud's catalogue has no {service} service")
        return self._request(method, self._bases[service] + path, **arguments)

    def _request(self, method: str, url: str, **arguments: Any) -> httpx.Response:
        try:
            reply = self._http.request(method, url, **arguments)
        except httpx.TransportError as error:
            raise CommandFailed(f"{method} {url}: {error}; does the cloud run there?") from error
        if reply.is_error:
            raise CloudRefused(method, url, reply.status_code, _message(reply.content))
        return reply

    @staticmethod
    def _decode(reply: httpx.Response, key: str, kind: type[T]) -> T:
        raw = msgspec.json.decode(reply.content, type=dict[str, msgspec.Raw])
        if key not in raw:
            raise CommandFailed(f"{reply.request.method} {reply.url}: the reply has no {key}")
        return msgspec.json.decode(raw[key], type=kind)


def open_cloud(clouds: Path, name: str) -> Client:
    """A session with the cloud ``name`` of the file ``clouds``. Raises CommandFailed."""
    try:
        entry = read(clouds).clouds[name]
    except FileNotFoundError:
        raise CommandFailed(
            f"there is no {clouds}: start a cloud by `berthline up`, or name its folder by --data"
        ) from None
    except KeyError:
        raise CommandFailed(f"{clouds} has no cloud {name}") from None
    except (OSError, ValueError) as error:
        raise CommandFailed(f"{clouds} cannot be read: {' '.join(str(error).split())}; put it right") from None
    return Client(entry)


def _message(content: bytes) -> str:
    """The ``message`` of an OpenStack error body, whatever stands around it."""
    try:
        body = msgspec.json.decode(content)
    except msgspec.DecodeError:
        return content[:500].decode(errors="replace")
    for value in body.values() if isinstance(body, dict) else ():
        if isinstance(value, dict) and "message" in value:
            return str(value["message"])
    return content[:500].decode(errors="replace")
