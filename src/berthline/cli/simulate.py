"""`berthline simulate`: simulated hosts and their data plane, for any number of processes of one cloud."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter


def simulate(
    hosts: int = 3,
    /,
    *,
    at: str | None = None,
    setting: Annotated[tuple[str, ...], Parameter(name="--set", negative=(), show_default=False)] = (),
) -> None:
    """Run simulated hosts and the network between them, until told to end by SIGTERM or SIGINT.

    A cloud uses them when it is started by `--simulated` with their address. They keep its guests for as long as this
    process runs, whoever of the cloud comes and goes; a world that was started anew is filled again by its cloud. One
    line tells when it is ready.

    Parameters
    ----------
    hosts
        How many hosts.
    at
        unix:/PATH, which its owner alone may open, or tcp:127.0.0.1:PORT; unix:, and `world` in the folder where
        clouds keep their data, unless set otherwise.
    setting
        NAME=VALUE for the size of each, such as simulated.vcpus=16, or for the log; may be repeated.
    """
    from berthline.bootstrap.world import run
    from berthline.cli import foreground
    from berthline.config import Settings, load
    from berthline.config.model import default_data

    given = foreground.options(listen=None, data=None, simulated=hosts, setting=setting)
    settings: Settings = load(given, environment={})
    if at is None:
        folder = Path(default_data())
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        at = f"unix:{folder / 'world'}"
    run(settings, at, lambda there: print(f"ready: {hosts} hosts at {there}", flush=True))
