"""A fence by the host's own controller (BMC), which speaks Redfish (DMTF DSP0266): its system is forced off.

Three requests of a protocol that is plain HTTP and JSON: see docs/decisions/0405.
"""

import asyncio
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import msgspec

from berthline.domain.errors import Refused, Transient
from berthline.domain.hosts.enrolment import EnrolledHost
from berthline.domain.hosts.fencing import FenceKind
from berthline.fencing.credentials import credentials_for

if TYPE_CHECKING:
    import httpx

OFF: Final = "Off"
FORCE_OFF: Final = "ForceOff"
RESET: Final = "#ComputerSystem.Reset"
REQUEST_SECONDS: Final = 10.0
LOOK_SECONDS: Final = 0.5
MOST_BYTES: Final = 4 * 1024**2


class RedfishFence:
    """The host's ``fence_url`` names its system: https://BMC/redfish/v1/Systems/1."""

    def __init__(self, credentials: Path, authorities: str, timeout_seconds: float) -> None:
        """``authorities``: file of those that sign controllers' certificates; "": the machine's own."""
        self._credentials = credentials
        self._authorities = authorities
        self._timeout = timeout_seconds

    @property
    def kind(self) -> FenceKind:
        return "redfish"

    async def cut(self, host: EnrolledHost) -> None:
        """See Fence."""
        import httpx  # with the first fence: a start does without it

        url = host.options.fence_url
        if not url:
            raise Refused(f"host {host.name} has no fence_url, by which its controller is reached")
        user, password = await asyncio.to_thread(credentials_for, self._credentials, host.name)
        verify = await asyncio.to_thread(_context, self._authorities) if self._authorities else True
        try:
            async with httpx.AsyncClient(
                auth=(user, password), verify=verify, timeout=REQUEST_SECONDS, follow_redirects=False, trust_env=False
            ) as client:
                await self._cut(client, url)
        except httpx.HTTPError as error:
            raise Transient(f"the controller of host {host.name} does not answer: {type(error).__name__}") from None

    async def _cut(self, client: "httpx.AsyncClient", url: str) -> None:
        system = await _system(client, url)
        if system.get("PowerState") == OFF:
            return
        answer = await client.post(_target(url, system), json={"ResetType": FORCE_OFF})
        _check(answer)
        until = time.monotonic() + self._timeout
        while (state := (await _system(client, url)).get("PowerState")) != OFF:
            if time.monotonic() > until:
                raise Transient(
                    f"the controller says {str(state)[:32]} {self._timeout:g} s after it was told to force off"
                )
            await asyncio.sleep(LOOK_SECONDS)


async def _system(client: "httpx.AsyncClient", url: str) -> dict[str, Any]:
    answer = await client.get(url, headers={"Accept": "application/json"})
    _check(answer)
    try:
        return msgspec.json.decode(answer.content[:MOST_BYTES], type=dict[str, Any])
    except msgspec.DecodeError:
        raise Refused("what is at the fence_url is no system of Redfish") from None


def _check(answer: "httpx.Response") -> None:
    """Raise by the status; what the answer says may repeat what it was asked with."""
    if answer.status_code in {401, 403}:
        raise Refused(f"the controller refuses our user or password ({answer.status_code})")
    if answer.status_code >= 500:
        raise Transient(f"the controller answered {answer.status_code}")
    if not answer.is_success:
        raise Refused(f"the controller answered {answer.status_code}")


def _target(url: str, system: dict[str, Any]) -> str:
    """Where the reset is asked for, at the same controller. Raises Refused for a system that cannot be forced off."""
    actions = system.get("Actions")
    action = actions.get(RESET) if isinstance(actions, dict) else None
    target = action.get("target") if isinstance(action, dict) else None
    if not isinstance(target, str) or not target.startswith("/") or target.startswith("//"):
        raise Refused(f"the system at the fence_url has no action {RESET}")
    allowed = action.get("ResetType@Redfish.AllowableValues") if isinstance(action, dict) else None
    if isinstance(allowed, list) and FORCE_OFF not in allowed:
        raise Refused(f"the system at the fence_url cannot be told {FORCE_OFF}")
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{target}"


def _context(authorities: str) -> Any:
    import ssl

    try:
        return ssl.create_default_context(cafile=authorities)
    except OSError as error:
        raise Refused(f"{authorities} has no certificates: {error.strerror or error}") from None
