"""The people of a seed, their entries in clouds.yaml, and what a shell has to know to be one of them."""

import secrets
import shlex
import sys
from pathlib import Path
from typing import Final

import msgspec

from berthline.bootstrap import clouds_file
from berthline.bootstrap.clouds_file import ADMIN_CLOUD, CloudEntry, CloudsFile
from berthline.cli.client import Client
from berthline.cli.errors import CommandFailed
from berthline.cli.seed.recipes import Login
from berthline.cli.things import Thing, find

DOMAIN: Final = "default"
PASSWORD_BYTES: Final = 24


def know(clouds: Path, logins: tuple[Login, ...]) -> CloudsFile:
    """Have an entry for each login in the file, before there is the user: no end in between loses a password.

    An entry that is there stays as it is. Raises CommandFailed when an entry that has to be there is not.
    """
    before = clouds_file.read(clouds)
    entries = dict(before.clouds)
    passwords = {entry.auth.username: entry.auth.password for entry in entries.values()}
    for login in logins:
        if login.cloud in entries:
            continue
        base = entries.get(login.kept or ADMIN_CLOUD)
        if base is None:
            raise CommandFailed(f"{clouds} has no cloud {login.kept or ADMIN_CLOUD}")
        password = passwords.setdefault(login.user, secrets.token_urlsafe(PASSWORD_BYTES))
        auth = msgspec.structs.replace(base.auth, username=login.user, password=password, project_name=login.project)
        entries[login.cloud] = msgspec.structs.replace(base, auth=auth)
    after = msgspec.structs.replace(before, clouds=entries)
    if after != before:
        clouds_file.write(clouds, after)
    return after


def refuse_strangers(admin: Client, clouds: Path, logins: tuple[Login, ...]) -> None:
    """Raise CommandFailed for a user of somebody else: one that is there, and whose password clouds.yaml has not."""
    known = {entry.auth.username for entry in clouds_file.read(clouds).clouds.values()}
    for name in dict.fromkeys(login.user for login in logins):
        if name not in known and find(admin, "/users", name, Thing, "identity", domain_id=DOMAIN) is not None:
            raise CommandFailed(
                f"a user {name} is there, and {clouds} has no password of it: add an entry with it, or rename the user"
            )


def project(admin: Client, name: str) -> tuple[Thing, bool]:
    """The project of that name in the default domain, and whether it was made now."""
    if found := find(admin, "/projects", name, Thing, "identity", domain_id=DOMAIN):
        return found, False
    return admin.create("identity", "/projects", "project", {"name": name, "domain_id": DOMAIN}, Thing), True


def admit(admin: Client, login: Login, entry: CloudEntry) -> bool:
    """Have the login's user with its role in its project; whether the user was made now."""
    user = find(admin, "/users", login.user, Thing, "identity", domain_id=DOMAIN)
    made = user is None
    if user is None:
        body = {"name": login.user, "domain_id": DOMAIN, "password": entry.auth.password}
        user = admin.create("identity", "/users", "user", body, Thing)
    role = find(admin, "/roles", login.role, Thing, "identity")
    if role is None:
        raise CommandFailed(f"there is no role {login.role}")
    place, _ = project(admin, login.project)
    admin.put("identity", f"/projects/{place.id}/users/{user.id}/roles/{role.id}", {})
    return made


def chosen(clouds: CloudsFile, words: tuple[str, ...]) -> CloudEntry:
    """The entry of that name, or with two words that of a user and a project. Raises CommandFailed."""
    if len(words) == 1 and (found := clouds.clouds.get(words[0])) is not None:
        return found
    if len(words) == 2:
        for entry in clouds.clouds.values():
            if (entry.auth.username, entry.auth.project_name) == words:
                return entry
    raise CommandFailed(f"clouds.yaml has no login {' '.join(words)}; it has {', '.join(sorted(clouds.clouds))}")


def exports(entry: CloudEntry) -> tuple[str, ...]:
    """The lines by which a shell becomes this login, for every client that reads OS_ variables."""
    auth = entry.auth
    values = {
        "OS_AUTH_TYPE": "password",
        "OS_AUTH_URL": auth.auth_url,
        "OS_USERNAME": auth.username,
        "OS_PASSWORD": auth.password,
        "OS_PROJECT_NAME": auth.project_name,
        "OS_USER_DOMAIN_NAME": auth.user_domain_name,
        "OS_PROJECT_DOMAIN_NAME": auth.project_domain_name,
        "OS_REGION_NAME": entry.region_name,
        "OS_IDENTITY_API_VERSION": entry.identity_api_version,
        "OS_INTERFACE": entry.interface,
    }
    return ("unset OS_CLOUD OS_TOKEN", *(f"export {name}={shlex.quote(value)}" for name, value in values.items()))


def write_openrc(folder: Path) -> Path:
    """A file to be sourced, which asks clouds.yaml each time: no password is in it, and no address grows old in it."""
    command = shlex.join((sys.executable, "-m", "berthline", "openrc", "--data", str(folder)))
    path = folder / "openrc"
    said = "# Written by `berthline seed`. Usage: . openrc CLOUD, an entry of clouds.yaml; or . openrc USER PROJECT"
    text = f'{said}\neval "$({command} -- "$@")"\n'
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
    return path
