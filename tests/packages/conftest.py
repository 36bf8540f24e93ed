"""The package of this tree, built once for all tests of it."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Debian package, beside a wheel and a source archive."""
    folder = tmp_path_factory.mktemp("dist")
    done = subprocess.run(
        (sys.executable, "tools/packages.py", str(folder)), cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    wheel, archive, made = map(Path, done.stdout.split())
    assert wheel.name.endswith("-py3-none-any.whl")
    assert archive.name.endswith(".tar.gz")
    return made
