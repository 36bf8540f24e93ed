"""Whether all processes have the same shared folder: seen by the signs that each leaves there."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from berthline.domain.errors import Unavailable
from berthline.domain.ids import new_id
from berthline.domain.image_store import Mark, Sign
from berthline.domain.start import StartRefused
from berthline.images.meeting import LIVES_SECONDS, TURNS_LATE, Meeting
from berthline.images.stores.shared_folder import SharedFolderStore
from berthline.store import Store
from tests.api.builder import HandClock


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def joins(store: Store, clock: HandClock) -> Callable[[Path], Meeting]:
    """Another process, which has the folder at this path."""

    def make(path: Path) -> Meeting:
        path.mkdir(exist_ok=True)
        return Meeting(store, clock, SharedFolderStore(path), new_id())

    return make


async def test_processes_of_one_folder_find_each_other(joins: Callable[[Path], Meeting], tmp_path: Path) -> None:
    there = [joins(tmp_path / "one") for _ in range(3)]
    for process in there:
        await process.join()
    for _ in range(3):
        for process in there:
            await process.look()
    assert [process.trouble for process in there] == [None] * 3


async def test_one_of_another_folder_is_refused_and_changes_nothing(
    joins: Callable[[Path], Meeting], tmp_path: Path
) -> None:
    first, other = joins(tmp_path / "one"), joins(tmp_path / "other")
    await first.join()
    with pytest.raises(StartRefused, match="is not the folder of images that process") as refused:
        await other.join()
    assert "\n" not in str(refused.value)
    assert list((tmp_path / "other").iterdir()) == []
    for _ in range(3):
        await first.look()
    assert first.trouble is None


async def test_a_copy_of_the_folder_is_another_one(
    joins: Callable[[Path], Meeting], tmp_path: Path, clock: HandClock
) -> None:
    first = joins(tmp_path / "one")
    await first.join()
    shutil.copytree(tmp_path / "one", tmp_path / "copy")
    second = joins(tmp_path / "copy")
    for _ in range(TURNS_LATE + 1):
        await first.look()
    with pytest.raises(StartRefused):
        await second.join()


async def test_a_folder_that_becomes_another_one_is_told_of_by_both(
    joins: Callable[[Path], Meeting], tmp_path: Path
) -> None:
    first, second = joins(tmp_path / "one"), joins(tmp_path / "one")
    await first.join()
    await second.join()
    shutil.copytree(tmp_path / "one", tmp_path / "copy")
    second._place = SharedFolderStore(tmp_path / "copy")
    for _ in range(TURNS_LATE + 3):
        await first.look()
        await second.look()
    assert first.trouble is not None
    assert "have not mounted the same" in first.trouble
    assert second.trouble is not None


async def test_who_ended_or_died_is_not_missed(
    joins: Callable[[Path], Meeting], tmp_path: Path, clock: HandClock
) -> None:
    first, ended, died = (joins(tmp_path / "one") for _ in range(3))
    for process in (first, ended, died):
        await process.join()
    await ended.part()
    clock.advance(LIVES_SECONDS + 1)
    for sign in (tmp_path / "one").iterdir():
        sign.unlink()
    for _ in range(3):
        await first.look()
    assert first.trouble is None


async def test_a_mount_that_was_lost_is_seen_and_withdraws_its_process(
    store: Store, clock: HandClock, tmp_path: Path
) -> None:
    path = tmp_path / "shared"
    path.mkdir()
    place = SharedFolderStore(path)
    await place.set_mark(Mark(new_id(), new_id()))
    lost, other = Meeting(store, clock, place, new_id()), Meeting(store, clock, SharedFolderStore(path), new_id())
    await lost.join()
    await other.join()
    path.rename(tmp_path / "mounted elsewhere")
    path.mkdir()
    with pytest.raises(Unavailable, match="is not the one that it was"):
        await lost.look()
    other._place = SharedFolderStore(tmp_path / "mounted elsewhere")
    for _ in range(3):
        await other.look()
    assert other.trouble is None
    path.rmdir()
    with pytest.raises(Unavailable, match="is not there"):
        await lost.look()


async def test_a_sign_that_is_half_written_is_no_sign(tmp_path: Path) -> None:
    place, process = SharedFolderStore(tmp_path), new_id()
    assert await place.signed(process) is None
    await place.sign(process, Sign("secret", 9))
    await place.sign(process, Sign("secret", 10))
    assert await place.signed(process) == Sign("secret", 10)
    (tmp_path / f"process-{process}.sign").write_text("sec")
    assert await place.signed(process) is None
    await place.unsign(process)
    await place.unsign(process)
    assert list(tmp_path.iterdir()) == []
    place.close()
