"""The data folder: one process at a time, and files that only their owner reads."""

import asyncio
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from berthline.bootstrap import clouds_file
from berthline.bootstrap.clouds_file import Auth, CloudEntry, CloudsFile
from berthline.bootstrap.data_folder import DataFolder, DataFolderInUse
from berthline.bootstrap.loops import Loop, running
from berthline.domain.errors import Transient

HOLD = """
import sys
from pathlib import Path
from berthline.bootstrap.data_folder import DataFolder
with DataFolder(Path(sys.argv[1])).held():
    print("held", flush=True)
    sys.stdin.read()
"""


def test_the_kernel_frees_the_folder_of_a_killed_process(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "data")
    command = [sys.executable, "-c", HOLD, str(folder.path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        assert folder.owner() == holder.pid
        with pytest.raises(DataFolderInUse, match=f"process {holder.pid}"), folder.held():
            pass
        holder.kill()
        holder.wait()
        assert folder.owner() is None
        with folder.held():
            assert folder.owner() == os.getpid()
    assert folder.owner() is None


def test_a_folder_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with DataFolder(tmp_path).held():
        assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700


def test_clouds_are_read_as_they_were_written_and_move_as_a_whole(tmp_path: Path) -> None:
    auth = Auth(auth_url="http://one/identity/v3", username="u", password="p: {x}", project_name="q")
    clouds = CloudsFile(clouds={"berthline": CloudEntry(auth=auth, region_name="R")})
    path = tmp_path / "clouds.yaml"
    clouds_file.write(path, clouds)
    assert clouds_file.read(path) == clouds
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    moved = clouds_file.with_address(clouds, clouds_file.Door("http://two/identity/v3", "S"))
    assert moved.clouds["berthline"].auth.auth_url == "http://two/identity/v3"
    assert moved.clouds["berthline"].auth.password == "p: {x}"
    assert moved.clouds["berthline"].region_name == "S"
    assert [entry.name for entry in tmp_path.iterdir()] == ["clouds.yaml"]


async def test_a_loop_outlives_its_failures_and_hints_bring_its_turn_forward() -> None:
    turns = asyncio.Event()
    count = 0

    async def work() -> None:
        nonlocal count
        count += 1
        if count == 1:
            raise Transient("not now")
        if count == 2:
            raise ZeroDivisionError
        turns.set()

    loop = Loop("test", work, seconds=3600, pause=0)
    async with running(test=loop.run):
        while not turns.is_set():
            loop.poke()
            await asyncio.sleep(0)
    assert count == 3
