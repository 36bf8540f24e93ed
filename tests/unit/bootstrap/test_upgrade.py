"""A cloud of every released revision starts with the present code, is sound, and shows all that it has."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

import httpx
import msgspec
import pytest

from berthline.bootstrap.cloud import running_cloud
from berthline.bootstrap.clouds_file import ADMIN_CLOUD, Door
from berthline.bootstrap.credentials import renew_passwords
from berthline.bootstrap.data_folder import DataFolder
from berthline.config import Guests
from berthline.domain.clock import SystemClock
from tools.released_database import DUMPS, HELM, IMAGE, RESTS

from .test_cloud import settings, settled, user_of

BYTES_HAVE_NAMES: Final = "0003"
"""The first revision whose bytes of images have names of their own, in a folder that tells whose it is."""
SHOWS: Final = {
    "/identity/v3/domains": 2,
    "/identity/v3/projects": 3,
    "/identity/v3/users": 3,
    "/identity/v3/role_assignments": 5,
    "/image/v2/images": 2,
    "/network/v2.0/networks": 2,
    "/network/v2.0/subnets": 3,
    "/network/v2.0/ports": 5,
    "/network/v2.0/routers": 1,
    "/network/v2.0/floatingips": 1,
    "/network/v2.0/security-groups": 2,
    "/network/v2.0/security-group-rules": 5,
    "/compute/v2.1/servers/detail?all_tenants=1": 2,
    "/compute/v2.1/flavors/detail?is_public=none": 2,
    "/compute/v2.1/os-hypervisors": 2,
}
"""How many of each there are at least."""
SHOWS_SINCE: Final = {
    "0004": {
        "/identity/v3/groups": 1,
        "/identity/v3/regions": 2,
        "/identity/v3/services": 5,
        "/identity/v3/endpoints": 5,
        "/image/v2/images": 4,
        "/compute/v2.1/os-aggregates": 1,
        "/compute/v2.1/os-server-groups?all_projects=1": 1,
        "/compute/v2.1/os-migrations": 1,
        "/berthline/v1/hosts": 2,
    }
}
"""What the database of a revision has besides."""
RUNNING: Final = {"running": "ACTIVE", "stopped": "SHUTOFF"}
AT_REST: Final = {"0004": RUNNING | {name: status for name, (_, status) in RESTS.items() if status != "SOFT_DELETED"}}
"""What the servers of the database of a revision are; what was deleted and can be restored is listed apart."""


@pytest.mark.parametrize("dump", sorted(DUMPS.glob("*.sql")), ids=lambda dump: str(dump.stem))
async def test_a_cloud_of_a_released_revision_goes_on(dump: Path, tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    with closing(sqlite3.connect(folder.database)) as made:
        made.executescript(dump.read_text(encoding="utf-8"))
        (image,) = made.execute("SELECT id FROM images WHERE status = 'active' AND name = 'disk'").fetchone()
        files = {image: IMAGE}
        if dump.stem >= BYTES_HAVE_NAMES:
            names = made.execute("SELECT name FROM image_bytes").fetchall()
            marks = made.execute("SELECT cloud_id, image_place_id FROM cloud").fetchone()
            files = {name: IMAGE for (name,) in names} | {"cloud-id": "\n".join(marks).encode()}
    folder.images.mkdir()
    for name, content in files.items():
        (folder.images / name).write_bytes(content)
    renew_passwords(folder, SystemClock(), Door("http://one/identity/v3", "RegionOne"))
    kept = msgspec.structs.replace(settings(tmp_path), guests=Guests(reclaim_seconds=10**8))
    async with running_cloud(kept, durable=False) as cloud, user_of(cloud, ADMIN_CLOUD) as admin:
        await settled(cloud)
        report = await cloud.examine()
        assert (report.leaks, report.silent, report.settled) == ((), (), True)
        for path, least in (SHOWS | SHOWS_SINCE.get(dump.stem, {})).items():
            answer = await admin.get(path)
            assert answer.status_code == 200, f"{path}: {answer.text}"
            (found,) = (value for key, value in answer.json().items() if isinstance(value, list) and "links" not in key)
            assert len(found) >= least, path
        assert cloud.app is not None
        lists = sorted(route.path for route in cloud.app.routes if not re.search(r"[{:]", route.path))
        assert len(lists) > 40
        for path in lists:
            assert (await admin.get(path)).status_code < 500, path
        assert (await admin.get(f"/image/v2/images/{image}/file")).content == IMAGE
        servers = (await admin.get("/compute/v2.1/servers/detail?all_tenants=1")).json()["servers"]
        assert {server["name"]: server["status"] for server in servers} == AT_REST.get(dump.stem, RUNNING)
        ids = {server["name"]: server["id"] for server in servers}
        assert (await admin.delete(f"/compute/v2.1/servers/{ids['stopped']}")).status_code == 204
        if dump.stem in AT_REST:
            await ends_what_was_begun(admin, ids)
        await settled(cloud)
        assert (await cloud.examine()).leaks == ()


async def ends_what_was_begun(admin: httpx.AsyncClient, ids: dict[str, str]) -> None:
    """Confirm a resize of the old code, wake what it suspended, restore what it deleted, and log in by its secret."""
    compute = "/compute/v2.1/servers"
    gone = (await admin.get(f"{compute}/detail?all_tenants=1&status=SOFT_DELETED")).json()["servers"]
    (recycled,) = (server["id"] for server in gone if server["name"] != "stopped")  # that one may be deleted by now
    for server, action in ((ids["resized"], "confirmResize"), (ids["suspended"], "resume"), (recycled, "restore")):
        answer = await admin.post(f"{compute}/{server}/action", json={action: None})
        assert answer.is_success, answer.text
    user = {"name": "demo", "domain": {"id": "default"}}
    secret = {"user": user, "name": "helm", "secret": HELM}
    identity = {"methods": ["application_credential"], "application_credential": secret}
    answer = await admin.post("/identity/v3/auth/tokens", json={"auth": {"identity": identity}})
    assert answer.status_code == 201, answer.text
