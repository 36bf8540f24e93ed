"""What leaked."""

from litestar import Response, get

from berthline.api.auth import require_admin
from berthline.api.frame import ApiRequest, current_caller, reply, services


@get("/leaks")
async def show_leaks(request: ApiRequest) -> Response[bytes]:
    """Every leak there is now: in the database, in the data plane, on the hosts, and the reverse. Admins only.

    ``silent`` names the hosts and the data plane that did not answer, of which nothing is known, and guests whose
    hypervisor answers its host no more; ``settled`` is false
    while work is under way, when what is outside was not compared.
    """
    require_admin(current_caller(request))
    return reply(await services(request).examine())
