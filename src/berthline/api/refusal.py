"""Answers to what never became a request: in OpenStack's shape, with a request id, as all others."""

from http import HTTPStatus
from typing import Final
from urllib.parse import unquote

import msgspec
import structlog

from berthline.api import health
from berthline.api.errors import error_body, plain_failure
from berthline.domain.ids import new_request_id

log = structlog.get_logger("berthline.api")

SERVICES: Final = frozenset({"identity", "image", "network", "compute", "berthline"})
RETRY_SECONDS: Final = 1


def refusal(target: str, status: int, message: str) -> bytes:
    """A whole answer that ends its connection. ``target`` is the URI as far as it came; it tells the service."""
    path = _path(target)
    service = path.split("/", 2)[1] if path.startswith("/") else ""
    request_id = new_request_id()
    body = msgspec.json.encode(error_body(path, plain_failure(status, message)))
    headers = {
        "content-type": "application/json",
        "content-length": str(len(body)),
        "connection": "close",
        "x-openstack-request-id": request_id,
    }
    if service == "compute":
        headers["x-compute-request-id"] = request_id
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["retry-after"] = str(RETRY_SECONDS)
    health.REQUESTS.labels(service if service in SERVICES else "other", "OTHER", str(status)).inc()
    log.info("request refused", request_id=request_id, path=path[:128], status=status, why=message)
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def _path(target: str) -> str:
    """The path of a URI that may be absolute (RFC 9112, 3.2.2), or cut anywhere."""
    if "://" in target:
        target = "/" + target.partition("://")[2].partition("/")[2]
    return unquote(target.partition("?")[0])
