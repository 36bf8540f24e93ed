"""`berthline up`: the cloud, in the foreground."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from berthline.cli import foreground
from berthline.cli.seed import Name


def up(
    *,
    listen: str | None = None,
    data: Path | None = None,
    database: str | None = None,
    simulated: Annotated[int | str | None, Parameter(negative=())] = None,
    network_endpoint: str | None = None,
    config: Path | None = None,
    seed: Name | None = None,
    setting: Annotated[tuple[str, ...], Parameter(name="--set", negative=(), show_default=False)] = (),
) -> None:
    """Run a cloud until it is told to end by SIGTERM or SIGINT.

    One line tells when it is ready: its address, its data folder, the clouds.yaml that clients read. Log lines go to
    standard error.

    Parameters
    ----------
    listen
        HOST:PORT where all APIs answer; 127.0.0.1:8774 unless set otherwise.
    data
        Folder of the database, images and clouds.yaml; made when missing.
    database
        postgresql://USER@HOST/NAME of a PostgreSQL to be used in place of a file in the data folder. Without password.
    simulated
        Use so many simulated hosts (3 when no number follows) and no real data plane; or those of the world of
        `berthline simulate` at this address, unix:/PATH or tcp:127.0.0.1:PORT.
    network_endpoint
        URL of a Neutron whose networks servers are to use; the table [network] says who we are there.
    config
        TOML file of settings; berthline.toml in the data folder unless named.
    seed
        Have a seed in the cloud before it is ready: small or devstack; see `berthline seed`.
    setting
        NAME=VALUE for any other setting, such as log.level=debug; may be repeated.
    """
    foreground.start(
        listen=listen,
        data=data,
        database=database,
        simulated=simulated,
        network_endpoint=network_endpoint,
        config=config,
        seed=seed,
        setting=setting,
    )
