"""openstacksdk against the served application: its own discovery, paging and upload, nothing of ours between."""

import asyncio
import os
from pathlib import Path
from typing import Any

import openstack
import pytest
from openstack.exceptions import ForbiddenException, HttpException, NotFoundException

from tests.api.builder import Cloud
from tests.api.served import served

# what the SDK has to say of itself is nothing of ours
pytestmark = pytest.mark.filterwarnings("ignore::openstack.warnings._RemovedInSDKWarning")


def connect(url: str, cloud: Cloud, name: str) -> Any:
    """A connection. The SDK types its proxies as a union over versions of APIs; the one we use has its own types."""
    person = cloud.people[name]
    return openstack.connect(
        auth_url=f"{url}/identity",
        username=person.name,
        password=person.password,
        project_name=person.project,
        user_domain_id="default",
        project_domain_id="default",
        region_name="RegionOne",
        load_yaml_config=False,
        load_envvars=False,
    )


async def test_an_admin_keeps_projects_and_users(cloud: Cloud) -> None:
    def work(url: str) -> None:
        with connect(url, cloud, "admin") as admin:
            assert {"admin", "red", "blue"} <= {project.name for project in admin.identity.projects()}
            project = admin.identity.create_project(name="green", description="new")
            user = admin.identity.create_user(name="gus", password="s3cret", default_project_id=project.id)
            role = admin.identity.find_role("member", ignore_missing=False)
            admin.identity.assign_project_role_to_user(project, user, role)
            assert admin.identity.validate_user_has_project_role(project, user, role)
            found = admin.identity.find_user("gus", ignore_missing=False)
            assert (found.id, found.default_project_id) == (user.id, project.id)
            assert admin.identity.find_project("nothing") is None
            admin.identity.delete_user(user)
            admin.identity.delete_project(project)
            with pytest.raises(NotFoundException):
                admin.identity.get_project(project.id)

    async with served(cloud) as url:
        await asyncio.to_thread(work, url)


async def test_a_member_uploads_lists_downloads_and_deletes_an_image(cloud: Cloud, tmp_path: Path) -> None:
    content = os.urandom(3_000_000)
    source, target = tmp_path / "source.img", tmp_path / "target.img"
    source.write_bytes(content)

    def work(url: str) -> None:
        with connect(url, cloud, "red-member") as member:
            with source.open("rb") as data:
                image = member.image.create_image(
                    "tiny", data=data, disk_format="raw", container_format="bare", wait=True, os_distro="none"
                )
            assert [each.name for each in member.image.images()] == ["tiny"]
            found = member.image.find_image("tiny", ignore_missing=False)
            assert (found.status, found.size, found.hash_algo) == ("active", len(content), "sha512")
            member.image.download_image(found, output=str(target), stream=True)
            member.image.update_image(found, name="renamed", min_ram=64)
            member.image.add_tag(found, "seen")
            again = member.image.get_image(image.id)
            assert (again.name, again.min_ram, again.tags) == ("renamed", 64, ["seen"])
            member.image.delete_image(found)
            assert member.image.find_image(image.id) is None

    async with served(cloud) as url:
        await asyncio.to_thread(work, url)
    assert target.read_bytes() == content
    assert list((tmp_path / "images").iterdir()) == []


async def test_pages_are_followed(cloud: Cloud) -> None:
    def work(url: str) -> None:
        with connect(url, cloud, "red-member") as member:
            for number in range(5):
                member.image.create_image(
                    f"n{number}", allow_duplicates=True, disk_format="raw", container_format="bare"
                )
            assert sorted(each.name for each in member.image.images(limit=2)) == [f"n{number}" for number in range(5)]

    async with served(cloud) as url:
        await asyncio.to_thread(work, url)


async def test_the_sdk_shows_our_messages(cloud: Cloud) -> None:
    def work(url: str) -> None:
        with connect(url, cloud, "red-reader") as reader:
            with pytest.raises(ForbiddenException, match="a reader may look"):
                reader.image.create_image("x", disk_format="raw", container_format="bare")
            with pytest.raises(HttpException, match="The choices of disk_format are: iso, qcow2, raw"):
                connect(url, cloud, "red-member").image.create_image("x", disk_format="vmdk", container_format="bare")
            with pytest.raises(ForbiddenException, match="it takes the admin role"):
                reader.identity.create_project(name="mine")

    async with served(cloud) as url:
        await asyncio.to_thread(work, url)
