"""Our own API, for operators: hosts, sagas, leaks, and how a server's boot went."""

from berthline.api.berthline.doctor import show_leaks
from berthline.api.berthline.explanations import explain
from berthline.api.berthline.hosts import (
    add_host,
    change_host,
    drain_host,
    list_hosts,
    remove_host,
    replace_host,
    show_drain,
    show_host,
)
from berthline.api.berthline.losses import lose_host, show_loss
from berthline.api.berthline.sagas import list_all_sagas, show_saga
from berthline.api.berthline.traces import trace
from berthline.api.berthline.waterfall import show_waterfall
from berthline.api.frame import Routes


def routers() -> list[Routes]:
    """Everything below /berthline/v1."""
    return [
        list_all_sagas,
        show_saga,
        show_waterfall,
        show_leaks,
        explain,
        trace,
        list_hosts,
        show_host,
        add_host,
        change_host,
        replace_host,
        remove_host,
        drain_host,
        show_drain,
        lose_host,
        show_loss,
    ]
