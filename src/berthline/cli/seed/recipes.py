"""What each seed puts into a fresh cloud, as plain values.

The flavors, networks and users of ``devstack`` have the names, ids and sizes that DevStack gives them, which scripts
and test suites written for it name literally.
"""

from typing import Final

import msgspec


class Flavor(msgspec.Struct, frozen=True):
    """A public flavor. ``ram`` in MiB, ``disk`` in GiB."""

    name: str
    id: str
    ram: int
    vcpus: int
    disk: int


class Subnet(msgspec.Struct, frozen=True, kw_only=True):
    """A subnet; without ``dhcp`` its addresses are only given away, as on an external network."""

    name: str
    cidr: str
    gateway: str | None = None
    pool: tuple[str, str] | None = None
    dhcp: bool = True

    @property
    def version(self) -> int:
        """4 or 6."""
        return 6 if ":" in self.cidr else 4


class Network(msgspec.Struct, frozen=True, kw_only=True):
    """A network. One that is ``shared`` or ``external`` is the admin's, others are the project demo's."""

    name: str
    subnets: tuple[Subnet, ...]
    shared: bool = False
    external: bool = False
    routed: bool = False
    """Whether the seed's router leads from its subnets outside."""


class Login(msgspec.Struct, frozen=True):
    """A user with one role in one project, and the entry of clouds.yaml that is this login's.

    ``kept``: the user is one of those that a cloud begins with, and has its password there already.
    """

    cloud: str
    user: str
    project: str
    role: str
    kept: str = ""


class Seed(msgspec.Struct, frozen=True, kw_only=True):
    """One seed. ``projects`` are those without a login of their own."""

    name: str
    flavors: tuple[Flavor, ...]
    networks: tuple[Network, ...]
    router: str
    group: str = ""
    """A security group of the project demo that lets in ping and ssh; "" makes none."""
    logins: tuple[Login, ...] = ()
    projects: tuple[str, ...] = ()


_SIZES: Final = (
    Flavor("m1.tiny", "1", 512, 1, 1),
    Flavor("m1.small", "2", 2048, 1, 20),
    Flavor("m1.medium", "3", 4096, 2, 40),
    Flavor("m1.large", "4", 8192, 4, 80),
    Flavor("m1.xlarge", "5", 16384, 8, 160),
)
_TESTERS: Final = (
    Flavor("m1.nano", "42", 192, 1, 1),
    Flavor("m1.micro", "84", 256, 1, 1),
    Flavor("cirros256", "c1", 256, 1, 1),
    Flavor("ds512M", "d1", 512, 1, 5),
    Flavor("ds1G", "d2", 1024, 1, 10),
    Flavor("ds2G", "d3", 2048, 2, 10),
    Flavor("ds4G", "d4", 4096, 4, 20),
)
_FLOATING: Final = Subnet(
    name="public-subnet",
    cidr="172.24.4.0/24",
    gateway="172.24.4.1",
    pool=("172.24.4.2", "172.24.4.254"),
    dhcp=False,
)
_FLOATING_6: Final = Subnet(name="ipv6-public-subnet", cidr="2001:db8::/64", gateway="2001:db8::2", dhcp=False)

SMALL: Final = Seed(
    name="small",
    flavors=_SIZES,
    networks=(
        Network(name="public", subnets=(_FLOATING,), external=True),
        Network(
            name="private",
            subnets=(
                Subnet(name="private-subnet", cidr="10.0.0.0/24"),
                Subnet(name="ipv6-private-subnet", cidr="fd62:6572:7468::/64"),
            ),
            routed=True,
        ),
    ),
    router="router",
    group="ssh",
)
DEVSTACK: Final = Seed(
    name="devstack",
    flavors=(*_SIZES, *_TESTERS),
    networks=(
        Network(name="public", subnets=(_FLOATING, _FLOATING_6), external=True),
        Network(
            name="private",
            subnets=(
                Subnet(name="private-subnet", cidr="10.0.0.0/26"),
                Subnet(name="ipv6-private-subnet", cidr="fd62:6572:7468::/64"),
            ),
            routed=True,
        ),
        Network(name="shared", subnets=(Subnet(name="shared-subnet", cidr="192.168.233.0/24"),), shared=True),
    ),
    router="router1",
    logins=(
        Login("devstack", "demo", "demo", "member", kept="berthline"),
        Login("devstack-admin", "admin", "admin", "admin", kept="berthline-admin"),
        Login("devstack-admin-demo", "admin", "demo", "admin", kept="berthline-admin"),
        Login("devstack-reader", "demo_reader", "demo", "reader"),
        Login("devstack-alt", "alt_demo", "alt_demo", "member"),
        Login("devstack-alt-member", "alt_demo_member", "alt_demo", "member"),
        Login("devstack-alt-reader", "alt_demo_reader", "alt_demo", "reader"),
    ),
    projects=("invisible_to_admin",),
)
SEEDS: Final = {seed.name: seed for seed in (SMALL, DEVSTACK)}
