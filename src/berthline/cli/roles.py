"""`berthline api` and `berthline worker`: the two halves of `berthline up`, any number of each on one database."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from berthline.cli import foreground


def api(
    *,
    listen: str | None = None,
    data: Path | None = None,
    database: str | None = None,
    simulated: str | None = None,
    network_endpoint: str | None = None,
    config: Path | None = None,
    setting: Annotated[tuple[str, ...], Parameter(name="--set", negative=(), show_default=False)] = (),
) -> None:
    """Answer requests, and leave what is accepted to workers, until told to end by SIGTERM or SIGINT.

    Any number of them serve one cloud; each serves every route. On a file in the data folder all processes are of one
    machine; on a PostgreSQL of any number of machines, whose data folders share the images. What a cloud is made of,
    such as its hosts, is to be set the same for all of them.

    Parameters
    ----------
    listen
        HOST:PORT where all APIs answer; 127.0.0.1:8774 unless set otherwise.
    data
        Folder of the database, images and clouds.yaml; made when missing.
    database
        postgresql://USER@HOST/NAME of a PostgreSQL to be used in place of a file in the data folder. Without password.
    simulated
        Address of the world of `berthline simulate`, unix:/PATH or tcp:127.0.0.1:PORT, in place of real hosts.
    network_endpoint
        URL of a Neutron whose networks servers are to use; the table [network] says who we are there.
    config
        TOML file of settings; berthline.toml in the data folder unless named.
    setting
        NAME=VALUE for any other setting, such as log.level=debug; may be repeated.
    """
    foreground.start(
        role="api",
        listen=listen,
        data=data,
        database=database,
        simulated=simulated,
        network_endpoint=network_endpoint,
        config=config,
        setting=setting,
    )


def worker(
    *,
    data: Path | None = None,
    database: str | None = None,
    simulated: str | None = None,
    network_endpoint: str | None = None,
    config: Path | None = None,
    setting: Annotated[tuple[str, ...], Parameter(name="--set", negative=(), show_default=False)] = (),
) -> None:
    """Do what was accepted, for a share of the hosts, until told to end by SIGTERM or SIGINT.

    Workers share the hosts evenly. One that is killed, or silent for longer than its lease, is replaced by the others
    within ten seconds; one that is told to end gives its share back at once.

    Parameters
    ----------
    data
        Folder of the database and images, as of `berthline api`.
    database
        postgresql://USER@HOST/NAME of a PostgreSQL to be used in place of a file in the data folder. Without password.
    simulated
        Address of the world of `berthline simulate`, unix:/PATH or tcp:127.0.0.1:PORT, in place of real hosts.
    network_endpoint
        URL of a Neutron whose networks servers are to use; the table [network] says who we are there.
    config
        TOML file of settings; berthline.toml in the data folder unless named.
    setting
        NAME=VALUE for any other setting, such as log.level=debug; may be repeated.
    """
    foreground.start(
        role="worker",
        data=data,
        database=database,
        simulated=simulated,
        network_endpoint=network_endpoint,
        config=config,
        setting=setting,
    )
