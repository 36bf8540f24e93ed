"""Images with their bytes, tags, members and backups, changed by two processes that do not know of each other."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from berthline.domain.auth import Caller
from berthline.domain.clock import SystemClock
from berthline.domain.errors import Conflict, Forbidden, NotFound, RequestTooLarge
from berthline.domain.ids import ImageId, ServerId, new_id
from berthline.domain.image import Image
from berthline.images.service import Images, NewImage
from berthline.images.stores.folder import FolderStore
from berthline.store import Store
from berthline.store.control import quotas
from berthline.store.images import backups, removal
from berthline.store.images import images as rows
from tests.unit.store.races.beside import Beside, Ends, verb
from tests.unit.store.races.cloud import ADMIN, AT, MEMBER, OTHER_PROJECT, PROJECT, STRANGER, only_one

CLOCK = SystemClock()
MIB = 1024 * 1024
COUNTERS = ("image_count", "image_size_mib")
Call = Callable[[Images], Awaitable[Any]]
Ask = Callable[[Call], Callable[[Store], Any]]


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    """Makes what asks the image service of one process, whose bytes are in the same folder as those of the other."""

    def by(call: Call) -> Callable[[Store], Any]:
        def on(store: Store) -> Any:
            async def run() -> Any:
                images = Images(store, CLOCK, FolderStore(tmp_path / "images"))
                try:
                    return await call(images)
                finally:
                    images.close()

            return asyncio.run(run())

        return on

    return by


@pytest.fixture
def race(beside: Beside, ask: Ask) -> Callable[[Call, Call], Ends]:
    """Two of them at once."""
    return lambda first, second: beside.race_runs(ask(first), ask(second))


Race = Callable[[Call, Call], Ends]


def queued(beside: Beside, ask: Ask, **fields: Any) -> Image:
    new = NewImage(disk_format="raw", bare=True, **fields)
    made: Image = ask(lambda images: images.create(MEMBER, new))(beside.one)
    return made


async def content(size: int = 512) -> AsyncIterator[bytes]:
    yield bytes(size)


def upload(image: Image, size: int = 512, caller: Caller = MEMBER) -> Call:
    return lambda images: images.upload(caller, image.id, content(size), None)


def active(beside: Beside, ask: Ask, **fields: Any) -> Image:
    image = queued(beside, ask, **fields)
    ask(upload(image))(beside.one)
    return image


def change(image: Image, caller: Caller = MEMBER, **values: Any) -> Call:
    return verb("update", caller, image.id, lambda before: msgspec.structs.replace(before, **values))


def delete(image: Image) -> Call:
    return verb("delete", MEMBER, image.id)


def found(beside: Beside, image: Image) -> Image | None:
    return beside.one.read_now(lambda c: rows.get(c, image.id))


def counted(beside: Beside) -> dict[str, int]:
    return beside.one.read_now(lambda c: quotas.used(c, PROJECT, COUNTERS))


def test_an_id_is_one_images(race: Race) -> None:
    new = NewImage(id=new_id())
    only_one(race(lambda i: i.create(MEMBER, new), lambda i: i.create(MEMBER, new)), Conflict)


def test_the_last_image_of_a_quota_is_one_requests(beside: Beside, race: Race) -> None:
    beside.one.write_now(lambda c: quotas.set_limits(c, PROJECT, {"image_count": 1}))
    only_one(race(lambda i: i.create(MEMBER, NewImage()), lambda i: i.create(MEMBER, NewImage())), RequestTooLarge)


def test_two_changes_of_an_image_are_both_kept(beside: Beside, ask: Ask, race: Race) -> None:
    image = queued(beside, ask)

    def tagged(tag: str) -> Call:
        return verb("update", MEMBER, image.id, lambda was: msgspec.structs.replace(was, tags=(*was.tags, tag)))

    assert race(change(image, name="new"), change(image, min_ram=5)).errors == []
    assert race(tagged("one"), tagged("two")).errors == []
    after = found(beside, image)
    assert after is not None
    assert (after.name, after.min_ram, set(after.tags), after.revision) == ("new", 5, {"one", "two"}, 4)


def test_an_image_has_the_bytes_of_one_upload(beside: Beside, ask: Ask, race: Race) -> None:
    image = queued(beside, ask)
    only_one(race(upload(image), upload(image)), Conflict)
    after = found(beside, image)
    assert after is not None
    assert (after.status, after.size) == ("active", 512)


def test_the_last_bytes_of_a_quota_are_one_uploads(beside: Beside, ask: Ask, race: Race) -> None:
    one, other = queued(beside, ask), queued(beside, ask)
    beside.one.write_now(lambda c: quotas.set_limits(c, PROJECT, {"image_size_mib": 1}))
    ends = race(upload(one, MIB), upload(other, MIB))
    assert len(ends.errors) <= 1, ends
    assert counted(beside)["image_size_mib"] == 1 == len([each for each in (one, other) if is_active(beside, each)])


def is_active(beside: Beside, image: Image) -> bool:
    after = found(beside, image)
    return after is not None and after.status == "active"


def test_an_image_is_deleted_once_and_counted_once(beside: Beside, ask: Ask, race: Race) -> None:
    active(beside, ask)
    image = active(beside, ask)
    only_one(race(delete(image), delete(image)), NotFound)
    assert counted(beside) == {"image_count": 1, "image_size_mib": 1}


def test_an_image_is_deleted_or_filled(beside: Beside, ask: Ask, race: Race) -> None:
    for deleted_first in (True, False):
        image = queued(beside, ask)
        ends = race(delete(image), upload(image)) if deleted_first else race(upload(image), delete(image))
        assert all(isinstance(error, NotFound) for error in ends.errors), ends
        assert found(beside, image) is None
    assert counted(beside) == {"image_count": 0, "image_size_mib": 0}


def test_an_image_is_protected_or_deleted(beside: Beside, ask: Ask, race: Race) -> None:
    for deleted_first in (True, False):
        image = queued(beside, ask)
        protect = change(image, protected=True)
        ends = race(delete(image), protect) if deleted_first else race(protect, delete(image))
        only_one(ends, Forbidden, NotFound)


def test_an_image_is_deactivated_or_deleted(beside: Beside, ask: Ask, race: Race) -> None:
    image = active(beside, ask)
    deactivate = verb("set_active", ADMIN, image.id, active=False)
    assert race(deactivate, deactivate).errors == []
    ends = race(delete(image), verb("set_active", ADMIN, image.id, active=True))
    assert all(isinstance(error, NotFound) for error in ends.errors), ends
    assert found(beside, image) is None


def test_an_image_that_changes_hands_while_it_is_filled_is_counted_where_it_is(
    beside: Beside, ask: Ask, race: Race
) -> None:
    image = queued(beside, ask)
    give = change(image, ADMIN, project_id=OTHER_PROJECT)
    fill = upload(image, caller=ADMIN)
    ends = race(give, fill)
    assert all(isinstance(error, Conflict) for error in ends.errors), ends
    after = found(beside, image)
    assert after is not None
    for project in (PROJECT, OTHER_PROJECT):
        used = beside.one.read_now(partial(quotas.used, project_id=project, resources=COUNTERS))
        assert used == dict.fromkeys(COUNTERS, int(after.project_id == project))


def test_an_image_is_shared_once(beside: Beside, ask: Ask, race: Race) -> None:
    image = queued(beside, ask)
    which = (MEMBER, image.id, OTHER_PROJECT)
    share, remove = verb("sharing.add", *which), verb("sharing.remove", *which)
    only_one(race(share, share), Conflict)
    only_one(race(remove, remove), NotFound)


def test_a_member_decides_or_is_one_no_longer(beside: Beside, ask: Ask, race: Race) -> None:
    """What was accepted is still to be seen, or was taken away after that; nobody accepts what he may not see."""
    for removed_first in (True, False):
        image = queued(beside, ask)
        ask(verb("sharing.add", MEMBER, image.id, OTHER_PROJECT))(beside.one)
        remove = verb("sharing.remove", MEMBER, image.id, OTHER_PROJECT)
        accept = verb("sharing.set_status", STRANGER, image.id, OTHER_PROJECT, "accepted")
        ends = race(remove, accept) if removed_first else race(accept, remove)
        assert [type(error) for error in ends.errors] == ([NotFound] if removed_first else []), ends


def test_an_image_is_private_or_gets_a_member(beside: Beside, ask: Ask, race: Race) -> None:
    for shared_first in (True, False):
        image = queued(beside, ask)
        share = verb("sharing.add", MEMBER, image.id, OTHER_PROJECT)
        hide = change(image, visibility="private")
        ends = race(share, hide) if shared_first else race(hide, share)
        assert all(isinstance(error, Forbidden) for error in ends.errors), ends
        after = found(beside, image)
        assert after is not None
        assert after.visibility == "private"


def test_as_many_backups_are_kept_as_were_asked_for(beside: Beside, ask: Ask) -> None:
    server = ServerId(new_id())
    made = [queued(beside, ask) for _ in range(4)]
    for at, image in enumerate(made):
        beside.one.write_now(partial(backups.add, image_id=image.id, server_id=server, backup_type="daily", at=at))

    def rotate(connection: Any) -> list[ImageId]:
        gone = backups.excess(connection, server, "daily", 2)
        for image in gone:
            removal.remove(connection, image, AT)
        return [image.id for image in gone]

    ends = beside.race(rotate, rotate)
    assert ends.errors == []
    assert sorted(each for end in ends for each in end) == sorted(image.id for image in made[:2])
    assert counted(beside)["image_count"] == 2
