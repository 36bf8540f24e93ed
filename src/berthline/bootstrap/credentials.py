"""The two logins of a new cloud, and the file that holds them."""

from berthline.bootstrap import clouds_file
from berthline.bootstrap.clouds_file import ADMIN_CLOUD, USER_CLOUD, Auth, CloudEntry, CloudsFile
from berthline.bootstrap.data_folder import DataFolder
from berthline.domain.clock import Clock
from berthline.identity.bootstrap import Login, bootstrap, reset_password
from berthline.store import Store


def ensure_clouds(folder: DataFolder, store: Store, clock: Clock, address: str, region: str) -> None:
    """Have the identity service's first users, and clouds.yaml with their passwords at this ``address``.

    Passwords are kept nowhere else; when the file is lost, or the process ended before writing it, they are made anew.
    """
    made = bootstrap(store, clock)
    if made is not None:
        logins = {USER_CLOUD: made.demo, ADMIN_CLOUD: made.admin}
    elif folder.clouds.exists():
        known = clouds_file.read(folder.clouds)
        wanted = clouds_file.with_address(known, f"{address}/identity/v3", region)
        if wanted != known:
            clouds_file.write(folder.clouds, wanted)
        return
    else:
        logins = {cloud: _renewed(store, clock, name) for cloud, name in ((USER_CLOUD, "demo"), (ADMIN_CLOUD, "admin"))}
    clouds_file.write(folder.clouds, _file(logins, f"{address}/identity/v3", region))


def _renewed(store: Store, clock: Clock, name: str) -> Login:
    return Login(user_name=name, password=reset_password(store, clock, name), project_name=name)


def _file(logins: dict[str, Login], auth_url: str, region: str) -> CloudsFile:
    return CloudsFile(
        clouds={
            cloud: CloudEntry(
                auth=Auth(
                    auth_url=auth_url,
                    username=login.user_name,
                    password=login.password,
                    project_name=login.project_name,
                ),
                region_name=region,
            )
            for cloud, login in logins.items()
        }
    )
