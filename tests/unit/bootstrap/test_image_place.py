"""A start beside a place of images that is not the cloud's: one line each, and nothing changed."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from berthline.bootstrap.cloud import running_cloud
from berthline.bootstrap.image_place import claim_place
from berthline.config import Settings
from berthline.config.model import S3, Images
from berthline.domain.ids import new_id
from berthline.domain.start import StartRefused
from berthline.images.stores.folder import FolderStore
from berthline.store import Store
from berthline.store.control.cloud import name_cloud
from tests.unit.bootstrap.test_cloud import settings


def with_images(data: Path, **images: Any) -> Settings:
    return msgspec.structs.replace(settings(data), images=Images(**images))


async def refused(chosen: Settings) -> str:
    with pytest.raises(StartRefused) as error:
        async with running_cloud(chosen, durable=False):
            pass
    assert "\n" not in error.value.message
    return error.value.message


@pytest.fixture
def named(store: Store) -> Store:
    """The store of a cloud that has an id."""
    store.write_now(lambda connection: name_cloud(connection, new_id(), 1))
    return store


async def claimed(store: Store, folder: Path) -> None:
    place = FolderStore(folder)
    try:
        await claim_place(place, store)
    finally:
        place.close()


async def test_a_second_process_with_a_folder_of_its_own_is_refused(named: Store, tmp_path: Path) -> None:
    await claimed(named, tmp_path / "one")
    await claimed(named, tmp_path / "one")
    with pytest.raises(StartRefused, match="holds none of the 0 images of this cloud, and not its mark"):
        await claimed(named, tmp_path / "other")
    assert list((tmp_path / "other").iterdir()) == []


async def test_a_folder_that_another_process_marked_is_not_the_same_for_that(named: Store, tmp_path: Path) -> None:
    """Both began at once, before either had noted its place."""
    await claimed(named, tmp_path / "one")
    mark = (tmp_path / "one" / "cloud-id").read_text().split()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "cloud-id").write_text(f"{mark[0]}\n{new_id()}\n")
    with pytest.raises(StartRefused, match="is not where the other processes of this cloud have its images"):
        await claimed(named, tmp_path / "other")


async def test_a_folder_of_another_cloud_is_refused(named: Store, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "cloud-id").write_text(f"{new_id()}\n")
    with pytest.raises(StartRefused, match="holds the images of another cloud"):
        await claimed(named, tmp_path / "other")


async def test_a_shared_folder_that_is_not_mounted(tmp_path: Path) -> None:
    missing = tmp_path / "mnt"
    told = await refused(with_images(tmp_path / "data", store="shared_folder", folder=str(missing)))
    assert f"{missing} is not there: mount it" in told
    assert not missing.exists()
    assert "images.folder" in await refused(with_images(tmp_path / "data", store="shared_folder"))


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "images.s3.bucket is missing"),
        ({"bucket": "b"}, "images.s3.access_key is missing"),
        ({"bucket": "b", "access_key": "k"}, "images.s3.secret_key_file is missing"),
        ({"bucket": "b", "access_key": "k", "secret_key_file": "/nowhere"}, "secret_key_file /nowhere cannot be read"),
        ({"bucket": "b", "access_key": "k", "secret_key": "s", "endpoint": "s3"}, "images.s3.endpoint: s3 is no URL"),
        ({"bucket": "b", "access_key": "k", "secret_key": "s", "ca_file": "/nowhere"}, "ca_file /nowhere is no file"),
        ({"bucket": "b", "access_key": "k", "secret_key": "s", "endpoint": "http://127.0.0.1:9"}, "cannot be used now"),
    ],
)
async def test_an_s3_service_that_is_not_said_rightly(tmp_path: Path, given: dict[str, Any], told: str) -> None:
    assert told in await refused(with_images(tmp_path / "data", store="s3", s3=S3(**given)))


def test_secrets_are_in_no_words_of_settings() -> None:
    assert "hush" not in repr(Settings(images=Images(s3=S3(secret_key="hush"))))
