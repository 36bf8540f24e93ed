"""clouds.yaml: how OpenStack's clients, and our own commands, reach this cloud."""

import os
from pathlib import Path

import msgspec

USER_CLOUD = "berthline"
ADMIN_CLOUD = "berthline-admin"


class Auth(msgspec.Struct, frozen=True, kw_only=True):
    """The ``auth`` part of one cloud."""

    auth_url: str
    username: str
    password: str
    project_name: str
    user_domain_name: str = "Default"
    project_domain_name: str = "Default"


class CloudEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One cloud of the file."""

    auth: Auth
    region_name: str
    identity_api_version: str = "3"
    interface: str = "public"
    cacert: str | msgspec.UnsetType = msgspec.UNSET


class Door(msgspec.Struct, frozen=True):
    """Where clients come to a cloud, and by what file of authorities they know it; "": by those they know anyway."""

    auth_url: str
    region: str
    authorities: str = ""

    @property
    def cacert(self) -> str | msgspec.UnsetType:
        """As the file has it."""
        return self.authorities or msgspec.UNSET


class CloudsFile(msgspec.Struct, frozen=True, kw_only=True):
    """The whole file. ``cloud_id``: whose it is, for the next start; clients do not look at it."""

    clouds: dict[str, CloudEntry]
    cloud_id: str | None = None


def read(path: Path) -> CloudsFile:
    """The file's clouds. Raises OSError, and ValueError for what is no such file."""
    return msgspec.yaml.decode(path.read_bytes(), type=CloudsFile)


def write(path: Path, clouds: CloudsFile) -> None:
    """Replace the file, readable by its owner alone (0600), in one step."""
    prepare(path, clouds).replace(path)


def prepared(path: Path) -> Path:
    """Where the file is written before it takes the place of ``path``."""
    return path.with_name(path.name + ".new")


def prepare(path: Path, clouds: CloudsFile) -> Path:
    """Have the file on disk beside ``path``, which it does not touch; where it is."""
    temporary = prepared(path)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.yaml.encode(clouds))
        file.flush()
        os.fsync(file.fileno())
    return temporary


def with_address(clouds: CloudsFile, door: Door) -> CloudsFile:
    """The same clouds behind another door."""
    return msgspec.structs.replace(
        clouds,
        clouds={
            name: msgspec.structs.replace(
                entry,
                region_name=door.region,
                cacert=door.cacert,
                auth=msgspec.structs.replace(entry.auth, auth_url=door.auth_url),
            )
            for name, entry in clouds.clouds.items()
        },
    )


def belonging_to(clouds: CloudsFile, cloud_id: str) -> CloudsFile:
    """The same file as that cloud's."""
    return msgspec.structs.replace(clouds, cloud_id=cloud_id)
