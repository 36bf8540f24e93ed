"""Where the Neutron outside is, and who we are there."""

from typing import Literal

import msgspec


class NeutronSettings(msgspec.Struct, frozen=True, kw_only=True):
    """``endpoint`` is Neutron's URL, with or without /v2.0; the other fields are those of the table ``[network]``.

    ``timeout`` is how long one request may take, ``look_seconds`` how often a waiting server's ports are asked for at
    most, both in seconds. ``page_size`` 0: lists are asked for whole.
    """

    endpoint: str
    auth: Literal["none", "password"] = "none"
    auth_url: str = ""
    username: str = ""
    password: str = ""
    user_domain: str = "Default"
    project: str = "service"
    project_domain: str = "Default"
    projects: Literal["id", "name"] = "id"
    ca_file: str = ""
    wait_for_ports: bool = True
    timeout: float = 60.0
    page_size: int = 0
    look_seconds: float = 1.0
    late_seconds: float = 300.0
    """How long after a NIC was given back a look is taken at whether a slow request made its port after all."""

    @property
    def base(self) -> str:
        """The URL that paths such as /ports are put behind."""
        endpoint = self.endpoint.rstrip("/")
        return endpoint if endpoint.endswith("/v2.0") else f"{endpoint}/v2.0"

    @property
    def identity(self) -> str:
        """The URL of Keystone's version 3."""
        url = self.auth_url.rstrip("/")
        return url if url.endswith("/v3") else f"{url}/v3"

    def __repr__(self) -> str:
        return f"NeutronSettings(endpoint={self.endpoint!r}, auth={self.auth!r}, username={self.username!r})"
