"""Brings the libraries of the console's pages from the npm registry into the tree, just as they were published there.

``python -m tools.browser_libraries`` fetches what `libraries.json` names, compares each archive with the digest there,
and writes the files that are served, with their licences. A new version: change it and its ``integrity`` (`npm view
NAME@VERSION dist.integrity`) there, and run this. A test holds the files against the digests of their content.
"""

import base64
import hashlib
import io
import json
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path, PurePosixPath
from typing import Any, Final

FOLDER: Final = Path(__file__).parent.parent / "src/berthline/api/consoles/pages"
RECORD: Final = FOLDER / "libraries.json"


def main() -> None:
    """Fetch them all anew, and record what their files hold."""
    record: list[dict[str, Any]] = json.loads(RECORD.read_text())
    for library in record:
        content = _fetched(f"{library['name']}@{library['version']}", library["integrity"])
        target = FOLDER / library["folder"]
        shutil.rmtree(target, ignore_errors=True)
        _unpack(content, target, library["kept"])
        library["digest"] = digest(target)
    RECORD.write_text(json.dumps(record, indent=2) + "\n")


def digest(folder: Path) -> str:
    """SHA-256 of all files below a folder, with their names."""
    found = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = path.read_bytes()
        found.update(f"{path.relative_to(folder).as_posix()} {len(content)}\n".encode() + content)
    return found.hexdigest()


def _fetched(name: str, integrity: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(("npm", "pack", "--silent", name), cwd=folder, check=True, stdout=subprocess.DEVNULL)
        (archive,) = Path(folder).iterdir()
        content = archive.read_bytes()
    kind, _, wanted = integrity.partition("-")
    if base64.b64encode(hashlib.new(kind, content).digest()).decode() != wanted:
        raise SystemExit(f"{name} is not what libraries.json says it is: look at it before it is taken")
    return content


def _unpack(content: bytes, target: Path, kept: list[str]) -> None:
    """The files of an archive that are ``kept``, or lie below what is, without the first part of their paths."""
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        for member in archive:
            path = PurePosixPath(*PurePosixPath(member.name).parts[1:])
            below = {path.as_posix(), *(parent.as_posix() for parent in path.parents)}
            reader = archive.extractfile(member) if member.isfile() and below & set(kept) else None
            if reader is not None and ".." not in path.parts:
                place = target / path
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(reader.read())


if __name__ == "__main__":
    main()
