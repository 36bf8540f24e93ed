"""Errors in the words of the service that was asked.

The shapes are those that OpenStack's clients read: Neutron's ``{"NeutronError": …}``, Nova's ``{"itemNotFound": …}``,
Keystone's ``{"error": …}``. Images answer in Keystone's shape too: Glance itself answers in HTML, from which clients
can only guess. What was not meant to happen is logged with its traceback here and shown to nobody.
"""

import math
import traceback
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final, NamedTuple

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException

from berthline.api import not_offered
from berthline.api.frame import ApiRequest, base_url, reply
from berthline.domain.errors import BerthlineError, LeaseLost, OutsideError, Unavailable

log = structlog.get_logger("berthline.api")

COMPUTE_KEYS: Final[Mapping[int, str]] = {
    400: "badRequest",
    401: "unauthorized",
    403: "forbidden",
    404: "itemNotFound",
    405: "badMethod",
    409: "conflictingRequest",
    413: "overLimit",
    415: "badMediaType",
    429: "overLimit",
    501: "notImplemented",
    503: "serviceUnavailable",
}
"""Nova's names of faults by status; any other status is a computeFault."""

_NO_ROUTE: Final = frozenset({404, 405})
"""What Litestar itself raises for a path, or a method of one, that no route has."""

INTERNAL_MESSAGE: Final = (
    "Something failed inside the cloud, and nothing of it is the request's fault. Tell the operator the request id."
)
_LITESTAR_TEXT: Final[Mapping[int, str]] = {
    404: "The resource could not be found.",
    405: "This resource does not answer to this method.",
    413: "The request body is too large.",
}


class Failure(NamedTuple):
    """An error as it is shown: ``type`` is its wire name, ``details`` facts for programs."""

    status: int
    type: str
    message: str
    details: Mapping[str, object]


def handle_error(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """The one exception handler of the app."""
    failure = _failure(error, request.scope["path"])
    if failure.status >= 500 and failure.status != 503:
        # as text: a logger that renders exceptions itself may print the frames' locals, and secrets with them
        text = "".join(traceback.format_exception(error))
        log.error("request failed", path=request.scope["path"], traceback=text)
    return reply(error_body(request.scope["path"], failure), failure.status, _headers(request, failure, error))


def error_body(path: str, failure: Failure) -> dict[str, object]:
    """The error in the shape of the service that ``path`` belongs to."""
    service = path.split("/", 2)[1] if path.startswith("/") else ""
    if service == "network":
        detail = msgspec.json.encode(failure.details).decode() if failure.details else ""
        return {"NeutronError": {"type": failure.type, "message": failure.message, "detail": detail}}
    if service == "compute":
        fault: dict[str, object] = {"code": failure.status, "message": failure.message}
        if failure.details:
            fault["details"] = failure.details
        return {COMPUTE_KEYS.get(failure.status, "computeFault"): fault}
    error: dict[str, object] = {"code": failure.status, "title": _title(failure.status), "message": failure.message}
    if failure.details:
        error["details"] = failure.details
    return {"error": error}


def plain_failure(status: int, message: str) -> Failure:
    """An error that is known by its status alone."""
    return Failure(status, "HTTP" + _title(status).replace(" ", "").replace("-", ""), message, {})


def _failure(error: Exception, path: str) -> Failure:
    if isinstance(error, BerthlineError):
        message = INTERNAL_MESSAGE if isinstance(error, OutsideError | LeaseLost) else error.message
        return Failure(error.status, error.name, message, error.details)
    if isinstance(error, HTTPException) and error.status_code < 500:
        said = not_offered.words(path) if error.status_code in _NO_ROUTE else None
        return plain_failure(error.status_code, said or _LITESTAR_TEXT.get(error.status_code, error.detail))
    return plain_failure(500, INTERNAL_MESSAGE)


def _headers(request: ApiRequest, failure: Failure, error: Exception) -> dict[str, str]:
    headers: dict[str, str] = {}
    if failure.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = f'Keystone uri="{base_url(request)}/identity"'
    if failure.status == HTTPStatus.SERVICE_UNAVAILABLE:
        seconds = error.retry_after if isinstance(error, Unavailable) else 1
        headers["Retry-After"] = str(max(1, math.ceil(seconds)))
    return headers


def _title(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"
