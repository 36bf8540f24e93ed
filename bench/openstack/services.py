"""What OpenStack's services share in one stack: where each is, their accounts, and settings made of both."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bench.openstack.mariadb import Database
from bench.openstack.packages import Installed
from bench.openstack.processes import Programs, free_port

REGION = "RegionOne"
ACCOUNTS = ("neutron", "nova", "glance", "placement", "berthline")
Settings = Mapping[str, Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class Ports:
    """The TCP ports of one stack, chosen when it is made."""

    identity: int = field(default_factory=free_port)
    network: int = field(default_factory=free_port)
    compute: int = field(default_factory=free_port)
    image: int = field(default_factory=free_port)
    placement: int = field(default_factory=free_port)
    messages: int = field(default_factory=free_port)


@dataclass(frozen=True, slots=True)
class Site:
    """What a service has to know of the stack it is part of.

    Attributes:
        folder: of the stack; each service has one in it.
        installed: where the programs are.
        programs: runs them.
        database: holds all tables.
        ports: where each service is.
        password: of every account, made for this stack alone.
        memcached: the address of the cache.
        transport: oslo.messaging's URL.
        workers: processes that answer requests, for each API.
    """

    folder: Path
    installed: Installed
    programs: Programs
    database: Database
    ports: Ports
    memcached: str
    transport: str
    workers: int
    password: str = field(default_factory=lambda: secrets.token_hex(16))

    @property
    def identity_url(self) -> str:
        """Keystone's version 3."""
        return f"http://127.0.0.1:{self.ports.identity}/v3"

    @property
    def network_url(self) -> str:
        """Neutron's root."""
        return f"http://127.0.0.1:{self.ports.network}"

    @property
    def compute_url(self) -> str:
        """Nova's version 2.1."""
        return f"http://127.0.0.1:{self.ports.compute}/v2.1"

    @property
    def image_url(self) -> str:
        """Glance's root."""
        return f"http://127.0.0.1:{self.ports.image}"

    @property
    def placement_url(self) -> str:
        """Placement's root."""
        return f"http://127.0.0.1:{self.ports.placement}"

    def account(self, name: str) -> dict[str, object]:
        """How a service enters another one, as keystoneauth's options."""
        return {
            "auth_type": "password",
            "auth_url": self.identity_url,
            "project_domain_name": "Default",
            "user_domain_name": "Default",
            "project_name": "service",
            "username": name,
            "password": self.password,
            "region_name": REGION,
        }

    def token_check(self, name: str) -> dict[str, object]:
        """How a service checks the tokens that it is sent."""
        return {
            **self.account(name),
            "www_authenticate_uri": self.identity_url,
            "memcached_servers": self.memcached,
        }

    def write(self, service: str, name: str, settings: Settings) -> Path:
        """Write one settings file of a service, which only its owner may read; answer its path."""
        folder = self.folder / service
        folder.mkdir(parents=True, exist_ok=True)
        lines: list[str] = []
        for section, values in settings.items():
            lines.append(f"[{section}]")
            lines += [f"{key} = {value}" for key, value in values.items()]
        path = folder / name
        path.touch(mode=0o600)
        path.write_text("\n".join((*lines, "")))
        return path

    def state(self, service: str) -> Path:
        """A folder for what a service keeps."""
        folder = self.folder / service / "state"
        folder.mkdir(parents=True, exist_ok=True)
        return folder
