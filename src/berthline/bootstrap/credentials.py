"""The two logins of a new cloud, and the file that holds them."""

import socket
from typing import Final
from urllib.parse import urlsplit

import structlog

from berthline.bootstrap import clouds_file
from berthline.bootstrap.clouds_file import ADMIN_CLOUD, USER_CLOUD, Auth, CloudEntry, CloudsFile, Door
from berthline.bootstrap.data_folder import DataFolder
from berthline.bootstrap.ownership import claim, read_clouds, refuse_strangers
from berthline.domain.clock import Clock
from berthline.domain.start import StartRefused
from berthline.identity.bootstrap import Bootstrapped, Login, bootstrap, reset_password
from berthline.store import Store
from berthline.store.engine.inspection import inspected
from berthline.store.engine.migrate import migrate

log = structlog.get_logger(__name__)

PATIENCE_SECONDS: Final = 2.0
"""For the process that clouds.yaml names to take a connection."""


def ensure_clouds(folder: DataFolder, store: Store, clock: Clock, door: Door, cloud_id: str, *, alone: bool) -> None:
    """Have the identity service's first users, and clouds.yaml with their passwords at this ``door``.

    Passwords are kept nowhere else. They are on disk before the users are, so that no end of the process in between
    loses them. Where the file is missing the users keep their passwords, and the log says what to do. Unless this
    process is ``alone`` it leaves an address in the file as it is at which somebody listens: another one of the cloud.
    """
    told: list[Bootstrapped] = []

    def keep(made: Bootstrapped) -> None:
        told.append(made)
        logins = {USER_CLOUD: made.demo, ADMIN_CLOUD: made.admin}
        clouds_file.prepare(folder.clouds, _file(logins, door, cloud_id))

    try:
        made = bootstrap(store, clock, before=keep)
        if made is None and told:  # another process was first: these are passwords that nobody has
            clouds_file.prepared(folder.clouds).unlink(missing_ok=True)
        if made is not None or _is_prepared(folder, cloud_id):
            clouds_file.prepared(folder.clouds).replace(folder.clouds)
        known = read_clouds(folder)
        if known is None:
            log.warning(
                "clouds.yaml is missing; passwords are as they were: put a copy of it back, or end this cloud and have "
                "new ones by `berthline renew-passwords`",
                file=str(folder.clouds),
            )
            return
        here = clouds_file.with_address(known, door)
        if not alone and here != known and (living := _first_that_listens(known)) is not None:
            log.info(
                "clouds.yaml names another process of this cloud, and keeps its address",
                file=str(folder.clouds), named=living, ours=door.auth_url,
            )  # fmt: skip
            return
        wanted = clouds_file.belonging_to(here, cloud_id)
        if wanted != known:
            clouds_file.write(folder.clouds, wanted)
    except OSError as error:
        raise StartRefused(
            f"{folder.clouds} cannot be written: {error.strerror}; see to its rights and its disk"
        ) from None


def renew_passwords(folder: DataFolder, clock: Clock, door: Door) -> None:
    """Give the users admin and demo new passwords, and write them to clouds.yaml, of a cloud that does not run.

    Raises DataFolderInUse, StartRefused, and NotFound when one of the users is no more.
    """
    with folder.held():
        if folder.clouds.exists():
            raise StartRefused(f"{folder.clouds} is there, with passwords in it: move it away first")
        if not inspected(folder.database).begun:
            raise StartRefused(f"there is no cloud in {folder.path}: `berthline up` makes one, with its passwords")
        refuse_strangers(folder, folder.images if folder.images.exists() else None)
        with folder.held_database():
            migrate(folder.database)
            store = Store(folder.database)
            try:
                cloud_id = claim(store, clock)
                names = ((USER_CLOUD, "demo"), (ADMIN_CLOUD, "admin"))
                logins = {cloud: _renewed(store, clock, name) for cloud, name in names}
            finally:
                store.close()
        clouds_file.write(folder.clouds, _file(logins, door, cloud_id))


def _is_prepared(folder: DataFolder, cloud_id: str) -> bool:
    """True when the first start ended between having the users and naming the file of their passwords."""
    if folder.clouds.exists():
        return False
    try:
        return clouds_file.read(clouds_file.prepared(folder.clouds)).cloud_id == cloud_id
    except (OSError, ValueError):
        return False


def _first_that_listens(clouds: CloudsFile) -> str | None:
    """The first URL of the file at which somebody takes connections."""
    for url in {entry.auth.auth_url: None for entry in clouds.clouds.values()}:
        try:
            parts = urlsplit(url)
            port = parts.port or (443 if parts.scheme == "https" else 80)
            with socket.create_connection((parts.hostname or "", port), timeout=PATIENCE_SECONDS):
                return url
        except (OSError, ValueError):
            continue
    return None


def _renewed(store: Store, clock: Clock, name: str) -> Login:
    return Login(user_name=name, password=reset_password(store, clock, name), project_name=name)


def _file(logins: dict[str, Login], door: Door, cloud_id: str) -> CloudsFile:
    return CloudsFile(
        clouds={
            cloud: CloudEntry(
                auth=Auth(
                    auth_url=door.auth_url,
                    username=login.user_name,
                    password=login.password,
                    project_name=login.project_name,
                ),
                region_name=door.region,
                cacert=door.cacert,
            )
            for cloud, login in logins.items()
        },
        cloud_id=cloud_id,
    )
