"""Where a packet of a port's guest would go."""

from typing import Final

from litestar import Response, get
from litestar.params import FromPath

from berthline.api.frame import ApiRequest, current_caller, reply, services
from berthline.api.listing import parse_filters
from berthline.api.query import query
from berthline.domain.errors import BadRequest
from berthline.domain.tracing import Carried
from berthline.workflows.explaining.tracing import parsed_address

CARRIED: Final[dict[str, Carried]] = {"tcp": "tcp", "udp": "udp", "icmp": "icmp"}
MOST: Final = 65_535


@get("/ports/{port_id:str}/trace", opt=query("to", "protocol", "port"))
async def trace(request: ApiRequest, port_id: FromPath[str]) -> Response[bytes]:
    """What would become of a packet that the port's guest sends ``to`` an address: which rule of a group, which router,
    route or floating IP lets it through or stops it. ``protocol`` is tcp, udp (both with ``port``) or icmp. Nothing is
    sent. For its project, and for admins.
    """
    filters = parse_filters(request, ("to", "protocol", "port"))
    given = {name: values[-1] for name, values in filters.items()}
    to = parsed_address(given.get("to", ""))
    if to is None:
        raise BadRequest("to is the address of one machine, such as 10.0.0.5.")
    carried = CARRIED.get(given.get("protocol", "tcp"))
    if carried is None:
        raise BadRequest(f"protocol is one of {', '.join(CARRIED)}.")
    number = _number(given.get("port"), carried)
    found = await services(request).compute.tracing.trace(current_caller(request), port_id, to, carried, number)
    return reply({"trace": found})


def _number(given: str | None, carried: Carried) -> int:
    if carried == "icmp":
        if given is not None:
            raise BadRequest("port goes with tcp and udp.")
        return 0
    valid = given is not None and given.isascii() and given.isdigit() and len(given) <= len(str(MOST))
    number = int(given) if given is not None and valid else 0
    if not 1 <= number <= MOST:
        raise BadRequest(f"port is a number from 1 to {MOST}.")
    return number
