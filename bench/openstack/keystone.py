"""The real Keystone: identity, and the accounts and the catalogue of a stack."""

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from bench.openstack.neutron import Wsgi, serve
from bench.openstack.processes import StackFailed
from bench.openstack.services import ACCOUNTS, REGION, Settings, Site

TOKEN_USE = 1800.0


def configure(site: Site) -> str:
    """Write Keystone's settings; answer their path."""
    folder = site.folder / "keystone"
    settings: Settings = {
        "DEFAULT": {"max_token_size": 255},
        "database": {"connection": site.database.url("keystone")},
        "token": {"provider": "fernet", "expiration": 86400},
        "fernet_tokens": {"key_repository": folder / "fernet"},
        "credential": {"key_repository": folder / "credential"},
        "cache": {"enabled": "true", "backend": "dogpile.cache.pymemcache", "memcache_servers": site.memcached},
    }
    return str(site.write("keystone", "keystone.conf", settings))


def make_schema(site: Site) -> None:
    """Make its tables. Raises StackFailed."""
    settings = configure(site)
    site.database.create("keystone")
    site.programs.run(
        "keystone-setup", (site.installed.program("keystone-manage"), "--config-file", settings, "db_sync")
    )


def bootstrap(site: Site) -> None:
    """Make its keys, its admin and its own entry in the catalogue. Raises StackFailed."""
    manage = (site.installed.program("keystone-manage"), "--config-file", configure(site))
    for keys in ("fernet_setup", "credential_setup"):
        site.programs.run("keystone-setup", (*manage, keys, *_owner()))
    urls = [f"--bootstrap-{kind}-url={site.identity_url}" for kind in ("admin", "internal", "public")]
    # The password goes by the environment: arguments are for everyone to see.
    password = {"OS_BOOTSTRAP_PASSWORD": site.password}
    site.programs.run(
        "keystone-setup", (*manage, "bootstrap", *urls, f"--bootstrap-region-id={REGION}"), extra=password
    )


def _owner() -> tuple[str, ...]:
    me = Path("/proc/self")
    return (f"--keystone-user={me.owner()}", f"--keystone-group={me.group()}")


def start(site: Site) -> None:
    """Serve it, and wait until it answers. Raises StackFailed."""
    extra = {"OS_KEYSTONE_CONFIG_DIR": str(site.folder / "keystone")}
    api = Wsgi("keystone", "keystone.wsgi.api:application", site.ports.identity, site.workers, extra)
    serve(site.programs, site.installed, api)


@dataclass(slots=True)
class Admin:
    """The admin of a stack: gets tokens, and speaks to any service with them."""

    site: Site
    client: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=180, trust_env=False))
    _token: str = ""
    _project: str = ""
    _until: float = 0.0

    def token(self) -> str:
        """A token of the project admin; the same one for half an hour. Raises StackFailed."""
        if time.monotonic() > self._until:
            user = {"name": "admin", "domain": {"id": "default"}, "password": self.site.password}
            scope = {"project": {"name": "admin", "domain": {"id": "default"}}}
            identity = {"methods": ["password"], "password": {"user": user}}
            reply = self.client.post(
                f"{self.site.identity_url}/auth/tokens", json={"auth": {"identity": identity, "scope": scope}}
            )
            if reply.status_code != 201:
                raise StackFailed(f"Keystone gives no token: {reply.status_code} {reply.text[:500]}")
            self._token = reply.headers["X-Subject-Token"]
            self._project = reply.json()["token"]["project"]["id"]
            self._until = time.monotonic() + TOKEN_USE
        return self._token

    def project_id(self) -> str:
        """The project of its tokens. Raises StackFailed."""
        self.token()
        return self._project

    def call(self, method: str, url: str, body: object = None) -> Any:
        """Send a request and answer its JSON, None where there is none. Raises StackFailed for any refusal."""
        reply = self.client.request(method, url, json=body, headers={"X-Auth-Token": self.token()})
        if reply.status_code >= 400:
            raise StackFailed(f"{method} {url}: {reply.status_code} {reply.text[:500]}")
        return reply.json() if reply.content else None

    def make_accounts(self) -> None:
        """Make the services' project and accounts, and the catalogue. Raises StackFailed."""
        base = self.site.identity_url
        project = self.call("POST", f"{base}/projects", {"project": {"name": "service", "domain_id": "default"}})
        roles = {role["name"]: role["id"] for role in self.call("GET", f"{base}/roles")["roles"]}
        for name in ACCOUNTS:
            values = {"name": name, "password": self.site.password, "domain_id": "default"}
            user = self.call("POST", f"{base}/users", {"user": values})["user"]["id"]
            for role in ("admin", "service"):
                self.call("PUT", f"{base}/projects/{project['project']['id']}/users/{user}/roles/{roles[role]}")
        urls = {
            "network": self.site.network_url,
            "compute": self.site.compute_url,
            "image": self.site.image_url,
            "placement": self.site.placement_url,
        }
        for kind, url in urls.items():
            service = self.call("POST", f"{base}/services", {"service": {"type": kind, "name": kind}})["service"]["id"]
            for interface in ("public", "internal", "admin"):
                endpoint = {"service_id": service, "interface": interface, "url": url, "region_id": REGION}
                self.call("POST", f"{base}/endpoints", {"endpoint": endpoint})
