"""Projects that work side by side, each with a token, a network and no quota."""

import contextlib
import dataclasses
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import msgspec

from bench.endpoint import Endpoint, api_of, lift_quotas, log_in, make_network
from berthline.bootstrap.clouds_file import ADMIN_CLOUD, CloudsFile


@dataclass(frozen=True)
class Project:
    """Whose requests are sent: ``token`` is of the cloud's admin in that project, ``network`` is the project's."""

    token: str
    network: str


def make_projects(endpoint: Endpoint, clouds: CloudsFile, count: int, cidr: str) -> list[Project]:
    """So many projects with a network each, whose only subnet is ``cidr``."""
    auth = clouds.clouds[ADMIN_CLOUD].auth
    identity = f"http://{urlsplit(endpoint.network).netloc}/identity/v3"
    with api_of(endpoint, identity) as api:
        role = api.call("GET", "/roles?name=admin")["roles"][0]["id"]
        user = api.call("GET", f"/users?name={auth.username}")["users"][0]["id"]
        found = []
        for number in range(count):
            name = f"bench-{count}-{number}"
            made = api.call("POST", "/projects", {"project": {"name": name, "domain_id": "default"}})["project"]["id"]
            api.call("PUT", f"/projects/{made}/users/{user}/roles/{role}")
            token, project_id, _ = log_in(identity, auth.username, auth.password, name)
            inside = dataclasses.replace(endpoint, token=token, project_id=project_id)
            lift_quotas(inside)
            found.append(Project(token, make_network(inside, name, cidr)))
    return found


@contextlib.contextmanager
def lines_of(projects: Sequence[Project], body: dict[str, object]) -> Iterator[str]:
    """A file for the load generator while the block runs: a token and a body in each line, one for each project.

    ``body``: where it says NETWORK, each has its own.
    """
    text = msgspec.json.encode(body).decode()
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.writelines(f"{each.token}\t{text.replace('NETWORK', each.network)}\n" for each in projects)
        file.flush()
        yield file.name
