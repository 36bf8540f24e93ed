"""A private stack, started in a folder and stopped again with nothing left running."""

import contextlib
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.openstack import keystone as identity
from bench.openstack import neutron
from bench.openstack import nova as nova_services
from bench.openstack.mariadb import Database
from bench.openstack.messaging import Rabbit, start_memcached
from bench.openstack.packages import Installed, prepare
from bench.openstack.processes import Programs, free_port
from bench.openstack.services import Ports, Site

IMAGE_BYTES = 1024 * 1024


@dataclass(slots=True)
class Stack:
    """A running stack.

    Attributes:
        site: where all of it is.
        host: a host on which ports can be bound.
        admin: who has tokens; None where Neutron runs alone and asks for none.
        image_id: an image of 1 MiB to boot from, with Nova.
        flavor_id: a flavor without a disk, with Nova.
        ready_seconds: from the start of the first program until all were ready, the last time they were started.
    """

    site: Site
    host: str = neutron.HOST
    admin: identity.Admin | None = None
    image_id: str = ""
    flavor_id: str = ""
    ready_seconds: float = 0.0

    @property
    def folder(self) -> Path:
        """Holds everything of it, logs as well."""
        return self.site.folder

    @property
    def has_nova(self) -> bool:
        """Whether servers can be booted."""
        return self.site.transport != neutron.NOBODY

    @property
    def network_url(self) -> str:
        """Neutron's root; its API is under v2.0."""
        return self.site.network_url

    @property
    def compute_url(self) -> str:
        """Nova's version 2.1."""
        return self.site.compute_url

    @property
    def image_url(self) -> str:
        """Glance's root; its API is under v2."""
        return self.site.image_url

    @property
    def identity_url(self) -> str:
        """Keystone's version 3."""
        return self.site.identity_url

    def token(self) -> str:
        """An admin's token; empty where none is asked for. Raises StackFailed."""
        return self.admin.token() if self.admin else ""

    def project_id(self) -> str:
        """The project of its token; empty where there is none. Raises StackFailed."""
        return self.admin.project_id() if self.admin else ""

    def rows(self, sql: str) -> list[tuple[str, ...]]:
        """What Neutron's database answers to a query. Raises StackFailed."""
        return self.site.database.query(neutron.DATABASE, sql)

    def pretend_host(self, host: str) -> None:
        """Have ports be bound on one more host. Raises StackFailed."""
        neutron.pretend_agent(self.site, host)

    def plug(self, port_id: str) -> None:
        """Have a port be up, as the agent of its host would once it has plugged it. Raises StackFailed."""
        neutron.plug(self.site, port_id)

    def process_ids(self) -> list[int]:
        """The ids of all that was started; their children are not among them."""
        return self.site.programs.process_ids()

    def restart(self) -> float:
        """Stop everything and start it again; answer the seconds until all of it was ready. Raises StackFailed."""
        if self.has_nova:
            nova_services.forget_host(self.site)
        self.site.programs.stop()
        self.start()
        return self.ready_seconds

    def start(self) -> None:
        """Start everything, in a database that has its tables and accounts. Raises StackFailed."""
        begun = time.perf_counter()
        self.site.database.start()
        if self.admin:
            _start_base(self.site)
            identity.start(self.site)
        neutron.start(self.site)
        if self.has_nova:
            nova_services.start(self.site)
        self.ready_seconds = time.perf_counter() - begun


@contextlib.contextmanager
def real_openstack(folder: Path, *, keystone: bool = False, nova: bool = False, workers: int = 2) -> Iterator[Stack]:
    """Run a private stack on an empty database; ``folder`` must be empty or absent.

    Neutron alone without authentication; with ``keystone`` it asks for tokens; with ``nova`` it is a whole cloud, of
    Keystone, Glance, Placement, Neutron and Nova. Raises StackFailed when it cannot be installed or started.
    """
    installed = prepare(nova=nova or keystone)
    programs = Programs(folder / "log", installed.environment())
    try:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        if nova or keystone:
            yield _cloud(folder, installed, programs, workers, nova=nova)
        else:
            yield _neutron_alone(folder, installed, programs, workers)
    finally:
        programs.stop()


def _neutron_alone(folder: Path, installed: Installed, programs: Programs, workers: int) -> Stack:
    database = Database(folder / "db", installed, programs)
    site = Site(folder, installed, programs, database, Ports(), "", neutron.NOBODY, workers)
    database.start(_tables(installed, whole=False))
    neutron.configure(site, noauth=True)
    neutron.pretend_agent(site, neutron.HOST)
    programs.stop()
    stack = Stack(site)
    stack.start()
    return stack


def _cloud(folder: Path, installed: Installed, programs: Programs, workers: int, *, nova: bool) -> Stack:
    database = Database(folder / "db", installed, programs)
    ports = Ports()
    transport = Rabbit(folder / "rabbit", installed, programs, ports.messages).url if nova else neutron.NOBODY
    cache = f"127.0.0.1:{free_port()}"
    site = Site(folder, installed, programs, database, ports, cache, transport, workers)
    database.start(_tables(installed, whole=True))
    _start_base(site)
    identity.bootstrap(site)
    identity.start(site)
    admin = identity.Admin(site)
    admin.make_accounts()
    neutron.configure(site, noauth=False)
    neutron.pretend_agent(site, neutron.HOST)
    if nova:
        nova_services.configure(site)
        nova_services.move_cells(site)
    programs.stop()
    stack = Stack(site, admin=admin)
    stack.start()
    if nova:
        _furnish(stack, admin)
    return stack


def _start_base(site: Site) -> None:
    start_memcached(site.programs, site.installed, site.memcached)
    if site.transport != neutron.NOBODY:
        Rabbit(site.folder / "rabbit", site.installed, site.programs, site.ports.messages).start()


def _furnish(stack: Stack, admin: identity.Admin) -> None:
    """Make what a server is booted from: an image of random bytes and a flavor."""
    values = {"name": "tiny", "disk_format": "raw", "container_format": "bare", "visibility": "public"}
    stack.image_id = admin.call("POST", f"{stack.image_url}/v2/images", values)["id"]
    headers = {"X-Auth-Token": admin.token(), "Content-Type": "application/octet-stream"}
    url = f"{stack.image_url}/v2/images/{stack.image_id}/file"
    admin.client.put(url, content=secrets.token_bytes(IMAGE_BYTES), headers=headers).raise_for_status()
    flavor = {"name": "m1.fake", "ram": 64, "vcpus": 1, "disk": 0}
    stack.flavor_id = admin.call("POST", f"{stack.compute_url}/flavors", {"flavor": flavor})["flavor"]["id"]


def _tables(installed: Installed, *, whole: bool) -> Path:
    """A data folder of MariaDB with every table, empty: made once for these versions, and copied for each start."""
    ready = installed.folder / f"tables-{installed.key}"
    if not ready.exists():
        place = installed.folder / f"new-{os.getpid()}"
        print(f"making the tables, once, in {ready}", flush=True)
        programs = Programs(place / "log", installed.environment())
        try:
            database = Database(place / "db", installed, programs)
            site = Site(place, installed, programs, database, Ports(), "127.0.0.1:9", neutron.NOBODY, 1)
            database.start()
            _make_tables(site, whole=whole)
            programs.stop()
            with contextlib.suppress(OSError):
                (place / "db" / "data").rename(ready)
        finally:
            programs.stop()
            shutil.rmtree(place, ignore_errors=True)
    return ready


def _make_tables(site: Site, *, whole: bool) -> None:
    neutron.configure(site, noauth=True)
    neutron.make_schema(site)
    if whole:
        identity.make_schema(site)
        nova_services.make_schema(site)
