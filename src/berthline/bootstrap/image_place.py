"""Where the bytes of images are, by the settings; and that it is where the cloud's database says.

A place bears the cloud's id and its own. The database notes the latter once: a place without it, or with another, is
one that was not mounted, is misspelt, or is another process's alone.
"""

import contextlib
from pathlib import Path
from urllib.parse import urlsplit

from berthline.api.frame import Health
from berthline.bootstrap.data_folder import DataFolder
from berthline.config import Settings
from berthline.config.model import S3
from berthline.domain.clock import Clock
from berthline.domain.ids import new_id
from berthline.domain.image_store import BytesName, ImageStore, Mark
from berthline.domain.start import StartRefused
from berthline.images import Images, ImageSettings
from berthline.images.addresses import parse_networks
from berthline.images.downloads import Downloader, DownloadSettings
from berthline.images.stores.folder import FolderStore
from berthline.images.stores.shared_folder import SharedFolderStore
from berthline.store import Connection, Store
from berthline.store.control import cloud
from berthline.store.images import stored_bytes


async def open_images(
    settings: Settings, folder: DataFolder, store: Store, clock: Clock, stack: contextlib.AsyncExitStack
) -> Images:
    """The image service, at work; it ends with ``stack``. Raises StartRefused for a place that is not the cloud's."""
    place = _place(settings, folder)
    images = Images(
        store,
        clock,
        place,
        ImageSettings(max_bytes=settings.limits.image_bytes),
        shared=place if isinstance(place, SharedFolderStore) else None,
        downloader=_downloader(settings, clock),
    )
    stack.callback(images.close)
    await claim_place(place, store)
    await images.start()
    stack.push_async_callback(images.stop)
    return images


def _downloader(settings: Settings, clock: Clock) -> Downloader | None:
    """What fetches images from URLs, None where no host is named. Raises StartRefused for a network that is none."""
    chosen = settings.images.web_download
    try:
        inner = parse_networks(chosen.inner)
    except ValueError as error:
        raise StartRefused(f"images.web_download.inner: {error}") from None
    if not chosen.hosts:
        return None
    urls = (settings.public_url, settings.images.s3.endpoint, settings.network.endpoint, settings.consoles.peer_url)
    named = (urlsplit(url).hostname for url in urls if url)
    own = {settings.host, *(host for host in named if host)} - {"0.0.0.0", "::"}  # noqa: S104 - nothing listens by it
    return Downloader(
        DownloadSettings(
            hosts=chosen.hosts,
            schemes=chosen.schemes,
            ports=chosen.ports,
            inner=inner,
            own=tuple(sorted(own)),
            seconds=chosen.seconds,
        ),
        clock,
    )


def health_of_images(images: Images) -> Health:
    """Not ready while the place cannot be used, or is not the same for all processes."""
    return Health(images.trouble is None, {"trouble": images.trouble} if images.trouble else {})


async def claim_place(place: ImageStore, store: Store) -> None:
    """Have place and database tell of each other. Raises StartRefused, with nothing changed, where they do not."""
    cloud_id, noted, wanted = await store.read(_noted)
    mark = await place.mark()
    if mark is None and (
        (noted is not None and place.marks_once) or (wanted and not wanted & (await place.look()).whole)
    ):
        raise StartRefused(
            f"{place.place} holds none of the {len(wanted)} images of this cloud, and not its mark: see that it is "
            "mounted, and the place that images.store names; images that were moved need the file cloud-id moved along"
        )
    if mark is None or (mark.place_id is None and mark.cloud_id == cloud_id):
        chosen = new_id() if place.marks_once else await _note(store, new_id())
        mark = await place.set_mark(Mark(cloud_id, chosen))
    if mark.cloud_id != cloud_id:
        raise StartRefused(
            f"{place.place} holds the images of another cloud ({mark.cloud_id}), not of this one ({cloud_id}): name "
            "another place by images.folder or images.s3"
        )
    if mark.place_id is not None and await _note(store, mark.place_id) != mark.place_id:
        raise StartRefused(
            f"{place.place} is not where the other processes of this cloud have its images: have all of them name one "
            'folder (images.store = "shared_folder", images.folder), or one bucket (images.store = "s3")'
        )


async def _note(store: Store, place_id: str) -> str | None:
    return await store.write(lambda connection: cloud.note_image_place(connection, place_id))


def _noted(connection: Connection) -> tuple[str, str | None, frozenset[BytesName]]:
    cloud_id = cloud.cloud_id(connection)
    assert cloud_id is not None, "a start names the cloud first"
    return cloud_id, cloud.image_place_id(connection), frozenset(stored_bytes.whole(connection))


def folder_of_images(settings: Settings, folder: DataFolder) -> Path | None:
    """The folder where the bytes of images are; None where they are in none."""
    chosen = settings.images
    if chosen.store == "s3":
        return None
    return Path(chosen.folder).expanduser().absolute() if chosen.folder else folder.images


def _place(settings: Settings, folder: DataFolder) -> ImageStore:
    chosen = settings.images
    if chosen.store == "s3":
        return _bucket(chosen.s3)
    path = folder_of_images(settings, folder)
    assert path is not None
    if chosen.store == "folder":
        return FolderStore(path)
    if not chosen.folder:
        raise StartRefused("images.folder: name the folder that all machines of the cloud mount")
    return SharedFolderStore(path)


def _bucket(chosen: S3) -> ImageStore:
    for name in ("bucket", "access_key"):
        if not getattr(chosen, name):
            raise StartRefused(f"images.s3.{name} is missing, which an S3 service needs")
    if chosen.endpoint and not chosen.endpoint.startswith(("http://", "https://")):
        raise StartRefused(f"images.s3.endpoint: {chosen.endpoint[:100]} is no URL: https://HOST, or with :PORT")
    secret = _secret(chosen)
    from berthline.images.stores.s3 import S3Access, S3Store  # botocore is large, and for those who have such a store

    return S3Store(
        S3Access(
            endpoint=chosen.endpoint.rstrip("/"),
            bucket=chosen.bucket,
            prefix=chosen.prefix,
            region=chosen.region,
            access_key=chosen.access_key,
            secret_key=secret,
            ca_file=_readable(chosen.ca_file),
            virtual=chosen.addressing == "virtual",
            timeout_seconds=chosen.timeout_seconds,
        )
    )


def _secret(chosen: S3) -> str:
    secret = chosen.secret_key
    if chosen.secret_key_file:
        try:
            secret = Path(chosen.secret_key_file).expanduser().read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise StartRefused(f"images.s3.secret_key_file {chosen.secret_key_file} cannot be read: {error}") from None
    if not secret:
        raise StartRefused("images.s3.secret_key_file is missing: a file with the secret of the access key")
    return secret


def _readable(file: str) -> str:
    if file and not Path(file).expanduser().is_file():
        raise StartRefused(f"images.s3.ca_file {file} is no file: name one of certificates in PEM")
    return str(Path(file).expanduser()) if file else ""
