"""Move a cloud's rows from one database to another, and look whether a database is whole."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

from berthline.bootstrap.data_folder import FILE, DataFolder
from berthline.bootstrap.database import url_with_password
from berthline.config.database_url import fault_of, has_password
from berthline.domain.start import StartRefused
from berthline.store import Store
from berthline.store.control.soundness import Soundness, soundness
from berthline.store.engine.copying import Copied, copy, refuse_source
from berthline.store.engine.inspection import inspected
from berthline.store.engine.location import Location, on_postgresql
from berthline.store.engine.revisions import HEAD
from berthline.store.engine.side import CopyRefused


def place_of(option: str, named: str, password_file: str | None) -> Location:
    """What an option names: a data folder's file, or a PostgreSQL with the password of a file.

    Raises CopyRefused for what is neither, StartRefused for a password that cannot be read.
    """
    if not on_postgresql(named):
        if "://" in named:
            raise CopyRefused(f"{option} is a data folder, or postgresql://USER@HOST/NAME")
        if password_file is not None:
            raise CopyRefused(f"{option}-password-file: a data folder has no password")
        return Path(named).expanduser().absolute() / FILE
    if fault := fault_of(named):
        raise CopyRefused(f"{option}: {fault}")
    if has_password(named):
        raise CopyRefused(
            f"{option}: a password on the command line is seen by everybody on this machine; name a file that holds it "
            f"by {option}-password-file, or a passfile"
        )
    return url_with_password(named, password_file or "", f"{option}-password-file")


def copy_cloud(source: Location, target: Location, tell: Callable[[Copied], None]) -> tuple[Copied, ...]:
    """``copying.copy``, with each data folder held meanwhile. Raises as it does, and DataFolderInUse."""
    with contextlib.ExitStack() as stack:
        if isinstance(source, Path) and not source.exists():
            raise CopyRefused(f"{source} is not there: see what --from names")
        stack.enter_context(_held(source))
        refuse_source(source)
        stack.enter_context(_held(target))
        return copy(source, target, tell)


def look_through(folder: DataFolder) -> Soundness:
    """Look through the database of a data folder, also while its cloud runs. Raises StartRefused."""
    found = inspected(folder.database)
    if not found.begun:
        raise StartRefused(f"{folder.database_told} has no cloud: name its data folder by --data, or its --database")
    if found.revision != HEAD:
        raise StartRefused(
            f"{folder.database_told} has the schema of revision {found.revision}, and this release looks through "
            f"{HEAD}: start its cloud once by this release, which brings it there"
        )
    store = Store(folder.database)
    try:
        return store.read_now(lambda connection: soundness(connection, folder.database))
    finally:
        store.close()


@contextlib.contextmanager
def _held(where: Location) -> Iterator[None]:
    if not isinstance(where, Path):
        yield
        return
    folder = DataFolder(where.parent)
    with folder.held(), folder.held_database():
        yield
