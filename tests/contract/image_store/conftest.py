"""Each place that images may be in; the S3 service is started once."""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from berthline.domain.image_store import ImageStore
from tests.contract.image_store import s3_service
from tests.contract.image_store.places import Bucket, Folder, Place, shared_folder


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[s3_service.Swift]:
    """A real S3 service."""
    if not s3_service.LIBRARY.is_dir():
        needed = "an S3 service is needed, and Swift is missing: run scripts/host-packages --test as root"
        if os.environ.get("BERTHLINE_REQUIRE_DATAPLANE") == "1":
            pytest.fail(needed)
        pytest.skip(needed)
    with s3_service.running(tmp_path_factory.mktemp("swift")) as running:
        yield running


@pytest.fixture
def bucket(s3: s3_service.Swift) -> Bucket:
    """A bucket of its own."""
    return Bucket(s3, s3.new_bucket())


@pytest.fixture(params=["folder", "shared_folder", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Each of the places, empty."""
    if request.param == "s3":
        made: Bucket = request.getfixturevalue("bucket")
        return made
    if request.param == "shared_folder":
        return shared_folder(tmp_path / "shared", monkeypatch)
    return Folder(tmp_path / "images", monkeypatch)


@pytest.fixture
async def images(place: Place) -> AsyncIterator[ImageStore]:
    """The place as one process has it."""
    opened = place.open()
    yield opened
    opened.close()
