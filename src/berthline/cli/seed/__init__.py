"""`berthline seed` and `berthline openrc`: what a fresh cloud is used with, and how a shell logs in to it."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from berthline.cli.doctor import clouds_of

Name = Literal["small", "devstack"]


def seed(
    name: Name,
    /,
    *,
    image: Annotated[tuple[str, ...], Parameter(negative=(), show_default=False)] = (),
    physical_network: str = "",
    public_cidr: str = "",
    public_gateway: str = "",
    public_pool: str = "",
    data: Path | None = None,
) -> None:
    """Put flavors, an image, networks, a router, and users with their clouds.yaml entries into a cloud that runs.

    What is there by name already stays as it is, so that it may be run again. `small` is for a cloud that people use:
    the flavors m1.*, the networks public and private with a router, a security group ssh. `devstack` has the flavors,
    networks, projects and users that DevStack makes, with passwords of their own.

    Parameters
    ----------
    name
        Which seed: small or devstack.
    image
        A file or an http(s) URL of a qcow2, raw or ISO image; may be repeated. Unless one is named, the tiny guest,
        which is built here; on simulated hosts an empty disk.
    physical_network
        The physical network on which the external network lies, such as public, as the cloud's settings name it.
    public_cidr
        The addresses of the external network; 172.24.4.0/24 unless named.
    public_gateway
        The router of the external network, an address of --public-cidr; its first one unless named.
    public_pool
        FIRST-LAST: the addresses of it that routers and floating IPs may take; all but the gateway unless named.
    data
        Data folder of the cloud.
    """
    from berthline.cli.columns import print_columns
    from berthline.cli.seed.recipes import SEEDS
    from berthline.cli.seed.sowing import Outside, sow

    pool = _pool(public_pool) if public_pool else None
    outside = Outside(physical_network=physical_network, cidr=public_cidr, gateway=public_gateway, pool=pool)
    clouds = clouds_of(data)
    sown = sow(SEEDS[name], clouds, image, outside)
    print_columns(("KIND", "MADE", "THERE"), ((each.noun, _names(each.made), _names(each.there)) for each in sown))
    print(f"use it by: . {clouds.parent / 'openrc'} berthline    (or another entry of {clouds})")


def openrc(*login: str, data: Path | None = None) -> None:
    """Print the lines by which a shell becomes a login of clouds.yaml: eval "$(berthline openrc berthline)".

    Parameters
    ----------
    login
        An entry of clouds.yaml, or the name of a user and that of a project; berthline unless named.
    data
        Data folder of the cloud.
    """
    from berthline.bootstrap import clouds_file
    from berthline.cli.errors import CommandFailed
    from berthline.cli.seed import logins

    clouds = clouds_of(data)
    try:
        known = clouds_file.read(clouds)
    except (OSError, ValueError) as error:
        raise CommandFailed(f"{clouds} cannot be read: {' '.join(str(error).split())}") from None
    print("\n".join(logins.exports(logins.chosen(known, login or (clouds_file.USER_CLOUD,)))))


def _pool(text: str) -> tuple[str, str]:
    from berthline.cli.errors import CommandFailed

    first, separator, last = text.partition("-")
    if not separator or not first or not last:
        raise CommandFailed("--public-pool: write it as FIRST-LAST, such as 203.0.113.20-203.0.113.99")
    return first.strip(), last.strip()


def _names(names: tuple[str, ...]) -> str:
    return ", ".join(names) or "-"
