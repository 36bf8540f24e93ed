"""`berthline db`: move a cloud from one database to another, and look whether one is whole."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

from cyclopts import Parameter

from berthline.cli.columns import print_columns
from berthline.cli.settings import settings_of

if TYPE_CHECKING:
    from berthline.store.control.soundness import Soundness
    from berthline.store.engine.copying import Copied

UNSOUND: Final = 1


def copy(
    *,
    from_: Annotated[str, Parameter(name="--from")],
    to: str,
    from_password_file: str | None = None,
    to_password_file: str | None = None,
) -> None:
    """Copy all rows of an ended cloud into an empty database, from SQLite to PostgreSQL or back.

    Each is a data folder, or the postgresql:// URL of a database, without password. Others are held out of both
    meanwhile. Every row is read back before the copy counts; when anything fails, none is there. Images and clouds.yaml
    are no rows: they stay in the data folder, which goes on with the copy once the setting database names it.

    Parameters
    ----------
    from_
        Data folder or URL of the database to be copied; nothing in it is changed.
    to
        Data folder or URL of the database that gets the rows; it has to be empty.
    from_password_file
        File that holds the password for the URL of --from.
    to_password_file
        File that holds the password for the URL of --to.
    """
    from berthline.bootstrap.database_copies import copy_cloud, place_of
    from berthline.store.engine.location import told

    source = place_of("--from", from_, from_password_file)
    target = place_of("--to", to, to_password_file)
    made: list[Copied] = []
    copy_cloud(source, target, made.append)
    print_columns(("TABLE", "ROWS", "DIGEST"), ((one.table, str(one.rows), one.digest) for one in made))
    rows = sum(one.rows for one in made)
    print(f"{rows} rows of {len(made)} tables are in {told(target)} as they are in {told(source)}")


def check(*, data: Path | None = None, database: str | None = None, config: Path | None = None) -> int:
    """Look whether a cloud's database is whole, also while the cloud runs; nothing is changed.

    Its revision, how many rows there are, references that lead nowhere, counters behind their rows, damage that the
    database finds itself, and leaks that the rows alone show; `berthline doctor` looks at hosts and the data plane too.
    Exit status 1 when something is wrong.

    Parameters
    ----------
    data
        Data folder of the cloud.
    database
        postgresql://USER@HOST/NAME of its PostgreSQL, unless a setting says so. Without password.
    config
        TOML file of settings; berthline.toml in the data folder unless named.
    """
    from berthline.bootstrap.database import folder_of
    from berthline.bootstrap.database_copies import look_through

    folder = folder_of(settings_of(data, database, config))
    found = look_through(folder)
    print(f"{folder.database_told}: cloud {found.cloud_id}, schema of revision {found.revision}")
    print_columns(("TABLE", "ROWS"), ((name, str(count)) for name, count in found.rows if count))
    _print_faults(found)
    return 0 if found.sound else UNSOUND


def _print_faults(found: "Soundness") -> None:
    if found.damage:
        print(f"the database is damaged: {found.damage}; put back a copy of it")
    for one in found.dangling:
        print(f"{one.rows} rows of {one.table} refer by {one.columns} to rows of {one.target} that are not there")
    for table in found.counted_anew:
        print(f"the next row of {table} would get a number that was given before: its counter is behind its rows")
    if found.leaks:
        print_columns(("WHAT", "OF WHAT", "WHY"), ((leak.kind, leak.object_id, leak.why) for leak in found.leaks))
    rows = sum(count for _, count in found.rows)
    print(f"{rows} rows, {len(found.leaks)} leaks: " + ("all is sound" if found.sound else "something is wrong"))
