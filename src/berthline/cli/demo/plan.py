"""What the demonstration makes, by name: a second run finds its own things by these names."""

from pathlib import Path
from typing import Final

import msgspec

from berthline.bootstrap.data_folder import DataFolder
from berthline.config.model import default_data

PREFIX: Final = "demo"
IMAGE: Final = "demo-tiny"
FLAVOR: Final = "demo-tiny"
KEYPAIR: Final = "demo"
NETWORK: Final = "demo"
SUBNET_V4: Final = "demo-v4"
SUBNET_V6: Final = "demo-v6"
CIDR_V4: Final = "10.20.0.0/24"
CIDR_V6: Final = "fd7a:6265:7274::/64"
EXTERNAL: Final = "demo-external"
PHYSICAL_NETWORK: Final = "public"
ROUTER: Final = "demo"
GROUP: Final = "demo"
SERVERS: Final = ("demo-1", "demo-2")
COPY: Final = "demo-3"
SNAPSHOT: Final = "demo-snapshot"
FLAVOR_SIZE: Final = {"vcpus": 1, "ram": 128, "disk": 1}

HTTP_PORT: Final = 80
SSH_PORT: Final = 22
BOOT_SECONDS: Final = 240.0
LOG_IN_SECONDS: Final = 90.0


class DemoFolder(msgspec.Struct, frozen=True):
    """Where the demonstration keeps its things: a cloud's data folder with a few more files in it."""

    path: Path

    @property
    def data(self) -> DataFolder:
        """The cloud's view of the folder."""
        return DataFolder(self.path)

    @property
    def mark(self) -> Path:
        """Says that the folder was made by the demonstration, and how; only such a folder is ever removed."""
        return self.path / "demo.json"

    @property
    def settings(self) -> Path:
        """The cloud's settings."""
        return self.path / "berthline.toml"

    @property
    def local_host(self) -> Path:
        """Files of the private OVN and libvirt."""
        return self.path / "host"

    @property
    def guest(self) -> Path:
        """The guest image."""
        return self.path / "guest"

    @property
    def key(self) -> Path:
        """The private key that opens the guests."""
        return self.path / "demo_key"

    @property
    def known_hosts(self) -> Path:
        """The guests' host keys, apart from the user's own file."""
        return self.path / "demo_known_hosts"


class Mark(msgspec.Struct, frozen=True):
    """Content of ``DemoFolder.mark``."""

    simulated: bool
    external: str
    """The external network, chosen once."""


def default_folder(*, simulated: bool) -> DemoFolder:
    """Beside the default data folder, so that a cloud somebody uses is never touched."""
    suffix = "-demo-simulated" if simulated else "-demo"
    base = Path(default_data())
    return DemoFolder(base.with_name(base.name + suffix))
