"""Whether what lies in the data folder belongs to its database. A start changes nothing that another one made.

A cloud has an id. It is in the database, in the images' place (see ``image_place``) and in clouds.yaml; where it is
missing, by a start of before clouds had ids, things are the database's when it has rows of all of them.
"""

import contextlib
from collections.abc import Collection, Iterator
from pathlib import Path

from berthline.bootstrap import clouds_file
from berthline.bootstrap.clouds_file import CloudsFile
from berthline.bootstrap.data_folder import FILE, DataFolder
from berthline.domain.clock import Clock
from berthline.domain.errors import StoreUnavailable, Unavailable
from berthline.domain.ids import new_id
from berthline.domain.image_store import image_of
from berthline.domain.start import StartRefused
from berthline.images.stores.folder import MARK, PART, read_mark
from berthline.store import Store
from berthline.store.control.cloud import name_cloud
from berthline.store.engine.inspection import inspected


def refuse_strangers(folder: DataFolder, images: Path | None) -> None:
    """Look at the folder and change nothing. Raises StartRefused for what the database in it did not make.

    ``images`` is the folder of images, None where they are in none.
    """
    if folder.postgresql and (file := folder.path / FILE).exists():
        raise StartRefused(
            f"{file} is there, and the setting database names {folder.database_told}: move the file away, lest the "
            "cloud goes on from it when the setting is missing; or leave the setting out"
        )
    found = inspected(folder.database)
    told = folder.database_told
    clouds = read_clouds(folder)
    marked = _marked(images) if images is not None else None
    files = frozenset(_image_files(images)) if images is not None else frozenset()
    if not found.begun and found.cloud_id is None:
        _refuse_beside_new(folder, images, clouds, marked, files)
        return
    if marked is not None and marked != found.cloud_id:
        raise StartRefused(
            f"{images} holds the images of another cloud ({marked}), not of {told} "
            f"({found.cloud_id or 'which has no id yet'}): put its own images there, or its own database"
        )
    if clouds is not None and clouds.cloud_id not in {None, found.cloud_id}:
        raise StartRefused(
            f"{folder.clouds} is of another cloud ({clouds.cloud_id}), not of {told} "
            f"({found.cloud_id or 'which has no id yet'}): put its own there, or move it away"
        )
    if marked is None and (strange := files - found.images):
        raise StartRefused(
            f"{images} holds {_images(strange)} that {told} does not know, the first is "
            f"{min(strange)}: put the database there that they belong to, or move them away"
        )
    if images is not None and marked is None and found.stored and not files & found.stored:
        raise StartRefused(
            f"{images} holds none of the {len(found.stored)} images that {told} has: see that their "
            "disk is there, or put a copy of them back; where other processes of the cloud have them, name their place"
        )
    if images is not None and marked is None and found.place_id is not None:
        raise StartRefused(
            f"{told} is that of cloud {found.cloud_id}, which does not have its images in {images}: a new cloud "
            "needs a database of its own; another process of this one names their place by images.store and "
            f"images.folder, and images that were moved need the file {MARK} moved along"
        )


@contextlib.contextmanager
def told_in_one_line(folder: DataFolder) -> Iterator[None]:
    """While the block starts a cloud: a database or a folder that fails is StartRefused, with what and where."""
    try:
        yield
    except StoreUnavailable as error:
        raise StartRefused(f"{folder.database_told}: {error.message}") from error
    except Unavailable as error:
        raise StartRefused(f"{folder.path}: {error.message}") from error
    except OSError as error:
        raise StartRefused(
            f"{error.filename or folder.path}: {error.strerror or error}; see to its rights and its disk"
        ) from error


def claim(store: Store, clock: Clock) -> str:
    """Have the cloud's id in the database; returns it. After ``refuse_strangers``; blocks."""
    at, chosen = clock.now(), new_id()
    return store.write_now(lambda connection: name_cloud(connection, chosen, at))


def read_clouds(folder: DataFolder) -> CloudsFile | None:
    """clouds.yaml, None when there is none. Raises StartRefused for one that cannot be read as it was written."""
    try:
        return clouds_file.read(folder.clouds)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        why = " ".join(str(error).split())
        raise StartRefused(
            f"{folder.clouds} cannot be read as this cloud writes it: {why[:200]}; put a copy of it back, or move it "
            "away and have new passwords by `berthline renew-passwords`"
        ) from None


def _refuse_beside_new(
    folder: DataFolder, images: Path | None, clouds: CloudsFile | None, marked: str | None, files: frozenset[str]
) -> None:
    there = [
        *([f"{_images(files)} in {images}"] if files else []),
        *([f"the mark of cloud {marked} in {images}"] if marked and not files else []),
        *([str(folder.clouds)] if clouds is not None else []),
    ]
    if not there:
        return
    way = "name another folder by --data for a new cloud"
    if images is not None and not images.is_relative_to(folder.path):  # where --data leads past them
        way = "name another folder by images.folder for a new cloud's images"
        if clouds is not None:
            way += ", and one by --data for the rest of it"
    raise StartRefused(
        f"{folder.database_told} is empty or missing, and beside it are {' and '.join(there)} of another cloud, or of "
        f"one that was here: name the database that they belong to, or {way}"
    )


def _images(known: Collection[str]) -> str:
    return "1 image" if len(known) == 1 else f"{len(known)} images"


def _marked(images: Path) -> str | None:
    try:
        mark = read_mark(images)
    except (OSError, UnicodeDecodeError) as error:
        raise StartRefused(f"{images / MARK} cannot be read: {error}; put a copy of it back") from None
    return None if mark is None else mark.cloud_id


def _image_files(images: Path) -> Iterator[str]:
    """The id of each image that there are bytes of, whole or in part."""
    try:
        names = [path.name for path in images.iterdir()]
    except FileNotFoundError:
        return
    except OSError as error:
        raise StartRefused(f"{images} cannot be read: {error.strerror}; see to its rights") from None
    for name in names:
        if image_id := image_of(name.removesuffix(PART)):
            yield image_id
