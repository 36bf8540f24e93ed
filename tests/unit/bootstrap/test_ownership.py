"""A start changes nothing that its own database did not make: images, passwords, another cloud's folder."""

import shutil
import socket
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from berthline.bootstrap import clouds_file, credentials
from berthline.bootstrap.cloud import running_cloud
from berthline.bootstrap.data_folder import DataFolder, DataFolderInUse
from berthline.config.model import Images
from berthline.domain.clock import SystemClock
from berthline.domain.start import StartRefused
from berthline.store import Store
from berthline.store.engine.migrate import migrate

from .test_cloud import made, settings, user_of

IMAGE = bytes(4096)


def door_at(address: str) -> clouds_file.Door:
    """Where clients come to the cloud at this address."""
    return clouds_file.Door(f"{address}/identity/v3", "RegionOne")


async def with_an_image(folder: Path) -> str:
    """Start a cloud there, give it an image, end it; the image's id."""
    async with running_cloud(settings(folder), durable=False) as cloud, user_of(cloud) as client:
        image = (await client.post("/image/v2/images", json={"disk_format": "raw", "container_format": "bare"})).json()
        octets = {"Content-Type": "application/octet-stream"}
        put = await client.put(f"/image/v2/images/{image['id']}/file", content=IMAGE, headers=octets)
        assert put.status_code == 204
        return str(image["id"])


def contents(folder: Path) -> dict[str, bytes]:
    """Every file that a start could change, but for locks."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in {"lock", "starting"}
    }


async def refused(folder: Path) -> str:
    """The one line with which a start is refused; it changed nothing."""
    before = contents(folder)
    with pytest.raises(StartRefused) as error:
        async with running_cloud(settings(folder), durable=False):
            pass
    assert contents(folder) == before
    assert "\n" not in error.value.message
    assert str(folder) in error.value.message
    return error.value.message


def _lose_database(folder: Path) -> None:
    for path in folder.glob("berthline.db*"):
        path.unlink()


def _empty_database(folder: Path) -> None:
    _lose_database(folder)
    (folder / "berthline.db").touch()


@pytest.mark.parametrize("lose", [_lose_database, _empty_database])
async def test_no_database_beside_the_things_of_a_cloud_is_no_new_cloud(
    tmp_path: Path, lose: Callable[[Path], None]
) -> None:
    image = await with_an_image(tmp_path)
    lose(tmp_path)
    told = await refused(tmp_path)
    assert f"1 image in {tmp_path / 'images'}" in told
    assert "name another folder by --data" in told
    assert "clouds.yaml" in told
    (tmp_path / "clouds.yaml").unlink()
    assert "1 image in" in await refused(tmp_path)
    (whole,) = (tmp_path / "images").glob(f"{image}*")
    whole.unlink()
    assert "the mark of cloud" in await refused(tmp_path)


async def test_a_new_cloud_is_told_of_the_images_of_another_what_leads_past_them(tmp_path: Path) -> None:
    """A new folder by --data would not: the images are elsewhere, where a setting says."""
    first, second, place = tmp_path / "first", tmp_path / "second", tmp_path / "shared"
    chosen = msgspec.structs.replace(settings(first), images=Images(folder=str(place)))
    async with running_cloud(chosen, durable=False):
        pass
    with pytest.raises(StartRefused, match=r"of another cloud, or of one .* by images.folder") as error:
        async with running_cloud(msgspec.structs.replace(chosen, data=str(second)), durable=False):
            pass
    assert str(place) in error.value.message
    assert "--data" not in error.value.message
    assert not (second / "clouds.yaml").exists()


def test_clouds_file_names_a_process_that_lives(tmp_path: Path) -> None:
    """One of several leaves the address of another one that listens, and has its own there when nobody does."""
    folder = DataFolder(tmp_path)
    migrate(folder.database)
    store = Store(folder.database, durable=False)

    def start(address: str) -> set[str]:
        credentials.ensure_clouds(folder, store, SystemClock(), door_at(address), "cloud", alone=False)
        return {entry.auth.auth_url for entry in clouds_file.read(folder.clouds).clouds.values()}

    try:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            address = f"http://127.0.0.1:{listening.getsockname()[1]}"
            assert start(address) == {f"{address}/identity/v3"}
            assert start("http://second") == {f"{address}/identity/v3"}
        assert start("http://third") == {"http://third/identity/v3"}
    finally:
        store.close()


async def test_a_clouds_file_alone_is_not_overwritten(tmp_path: Path) -> None:
    await with_an_image(tmp_path)
    shutil.rmtree(tmp_path / "images")
    _lose_database(tmp_path)
    assert "clouds.yaml" in await refused(tmp_path)


async def test_the_database_of_another_cloud_is_refused_the_images(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    await with_an_image(one)
    await with_an_image(two)
    shutil.copy(one / "berthline.db", two / "berthline.db")
    assert "images of another cloud" in await refused(two)
    shutil.rmtree(two / "images")
    shutil.copytree(one / "images", two / "images")
    assert "clouds.yaml is of another cloud" in await refused(two)


async def test_an_older_copy_of_the_database_leaves_newer_images(tmp_path: Path) -> None:
    first = await with_an_image(tmp_path)
    shutil.copy(tmp_path / "berthline.db", tmp_path / "kept")
    second = await with_an_image(tmp_path)
    shutil.copy(tmp_path / "kept", tmp_path / "berthline.db")
    async with running_cloud(settings(tmp_path), durable=False):
        pass
    assert {path.name[:36] for path in (tmp_path / "images").iterdir()} == {first, second, "cloud-id"}


async def test_images_whose_disk_is_not_there_are_not_given_up(tmp_path: Path) -> None:
    image = await with_an_image(tmp_path)
    (tmp_path / "images").rename(tmp_path / "elsewhere")
    assert "holds none of the 1 images" in await refused(tmp_path)
    (tmp_path / "elsewhere").rename(tmp_path / "images")
    async with running_cloud(settings(tmp_path), durable=False) as cloud, user_of(cloud) as client:
        assert (await client.get(f"/image/v2/images/{image}")).json()["status"] == "active"


async def test_a_start_without_passwords_keeps_those_there_are(tmp_path: Path) -> None:
    await with_an_image(tmp_path)
    file = tmp_path / "clouds.yaml"
    kept = file.read_bytes()
    file.unlink()
    async with running_cloud(settings(tmp_path), durable=False) as cloud:
        assert not file.exists()
        file.write_bytes(kept)
        async with user_of(cloud) as client:
            await made(client, "/network/v2.0/networks", "network", name="by the old password")


async def test_lost_passwords_are_renewed_when_asked(tmp_path: Path) -> None:
    await with_an_image(tmp_path)
    file = DataFolder(tmp_path).clouds
    before = clouds_file.read(file)
    with pytest.raises(StartRefused, match="move it away first"):
        credentials.renew_passwords(DataFolder(tmp_path), SystemClock(), door_at("http://one"))
    assert clouds_file.read(file) == before
    file.unlink()
    credentials.renew_passwords(DataFolder(tmp_path), SystemClock(), door_at("http://one"))
    for name, entry in clouds_file.read(file).clouds.items():
        assert entry.auth.password != before.clouds[name].auth.password
    async with running_cloud(settings(tmp_path), durable=False) as cloud, user_of(cloud) as client:
        await made(client, "/network/v2.0/networks", "network", name="by the new password")


def test_no_passwords_are_made_where_there_is_no_cloud(tmp_path: Path) -> None:
    with pytest.raises(StartRefused, match="no cloud"):
        credentials.renew_passwords(DataFolder(tmp_path), SystemClock(), door_at("http://one"))
    assert [path.name for path in tmp_path.iterdir()] == ["lock"]


async def test_a_first_start_cut_short_loses_no_password(tmp_path: Path) -> None:
    """Cut before the users are there; and after, before the file of their passwords has its name."""
    folder = DataFolder(tmp_path)
    migrate(folder.database)
    clouds_file.prepared(folder.clouds).write_text("clouds: {half of a")
    async with running_cloud(settings(tmp_path), durable=False):
        first = clouds_file.read(folder.clouds)
    folder.clouds.rename(clouds_file.prepared(folder.clouds))
    async with running_cloud(settings(tmp_path), durable=False) as cloud, user_of(cloud) as client:
        await made(client, "/network/v2.0/networks", "network", name="by the first password")
    found = clouds_file.read(folder.clouds).clouds
    assert {name: one.auth.password for name, one in found.items()} == {
        name: one.auth.password for name, one in first.clouds.items()
    }


def test_of_two_first_starts_at_once_on_one_database_one_has_the_passwords(tmp_path: Path) -> None:
    """As on two machines, each with a folder of its own."""
    one, other = DataFolder(tmp_path / "one"), DataFolder(tmp_path / "other")
    for folder in (one, other):
        folder.path.mkdir()
    migrate(one.database)
    store = Store(one.database, durable=False)

    class Meanwhile(SystemClock):
        """When the one asks for the time it has found no users, and has not made them yet."""

        def now(self) -> int:
            credentials.ensure_clouds(other, store, SystemClock(), door_at("http://other"), "cloud", alone=False)
            return super().now()

    try:
        credentials.ensure_clouds(one, store, Meanwhile(), door_at("http://one"), "cloud", alone=False)
    finally:
        store.close()
    assert set(clouds_file.read(other.clouds).clouds) == {"berthline", "berthline-admin"}
    assert not one.clouds.exists()
    assert not clouds_file.prepared(one.clouds).exists()


async def test_one_database_is_one_processs_by_whatever_path(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    two.mkdir()
    async with running_cloud(settings(one), durable=False):
        (two / "berthline.db").symlink_to(one / "berthline.db")
        (two / "images").symlink_to(one / "images")
        with pytest.raises(DataFolderInUse):
            async with running_cloud(settings(two), durable=False):
                pass
        (one / "lock").unlink()
        with pytest.raises(DataFolderInUse):
            async with running_cloud(settings(one), durable=False):
                pass


@pytest.mark.parametrize("content", [b"", b"\0\1", b"clouds: [", b"clouds: 1", b"\xff\xfe", b"clouds: {berthline: {}}"])
async def test_a_clouds_file_that_cannot_be_read_is_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    await with_an_image(tmp_path)
    (tmp_path / "clouds.yaml").write_bytes(content)
    assert "clouds.yaml cannot be read" in await refused(tmp_path)


@pytest.mark.parametrize("name", ["berthline.db", "clouds.yaml", "images", "lock"])
async def test_what_is_not_the_kind_of_file_it_should_be_is_refused_in_one_line(tmp_path: Path, name: str) -> None:
    await with_an_image(tmp_path)
    there = tmp_path / name
    shutil.rmtree(there) if there.is_dir() else there.unlink()
    if name == "images":
        there.write_text("no folder")
    else:
        there.mkdir()
    assert str(there) in await refused(tmp_path)


async def test_a_folder_that_cannot_be_made_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(StartRefused, match="cannot be written"):
        async with running_cloud(settings(tmp_path / "file" / "data"), durable=False):
            pass
