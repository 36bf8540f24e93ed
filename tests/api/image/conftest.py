"""A client of the member of project red, and the folder of image files."""

from pathlib import Path

import httpx
import pytest

from tests.api.builder import Cloud


@pytest.fixture
async def member(cloud: Cloud) -> httpx.AsyncClient:
    return await cloud.client_for("red-member")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "images"
