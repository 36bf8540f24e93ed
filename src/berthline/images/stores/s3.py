"""Images at an S3 service, Amazon's or one that speaks as it does: objects below a prefix of a bucket.

Bytes go out in parts, each with its MD5 and signed with its SHA-256, so that the service refuses what was changed on
its way; they become an object only when the service has all parts. They come in by ranges, so that a lost connection
costs one range. botocore is imported here alone, and this module only where it is asked for.
"""

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, Final, Literal, TypeVar, TypeVarTuple

import msgspec
import structlog
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import Session

from berthline.domain.errors import NotFound, RequestTooLarge, Unavailable
from berthline.domain.image_store import CHUNK, BytesName, Held, Mark, image_of
from berthline.images.stores.threads import Threads

log = structlog.get_logger("berthline.images")

PART_BYTES: Final = 8 * CHUNK
"""A part, where ten thousand of them are enough; S3 wants five MiB at least. An upload holds two in memory."""

MOST_PARTS: Final = 10_000
MOST_BYTES: Final = 2**63
WINDOW_BYTES: Final = 8 * CHUNK
"""So much is asked for at once, and the next while it is handed on."""

CONNECTIONS: Final = 8
ATTEMPTS: Final = 4
MARK: Final = "cloud-id"
MARK_BYTES: Final = 256
_MISSING: Final = frozenset({"NoSuchKey", "NotFound", "404", "NoSuchUpload"})
_FULL: Final = frozenset({"EntityTooLarge", "QuotaExceeded", "InsufficientStorage", "XMinioStorageFull", "413", "507"})

Arguments = TypeVarTuple("Arguments")
Result = TypeVar("Result")


class S3Access(msgspec.Struct, frozen=True, kw_only=True):
    """How the service is reached. ``endpoint`` and ``ca_file`` empty: Amazon's, and the authorities that are known."""

    endpoint: str
    bucket: str
    prefix: str
    region: str
    access_key: str
    secret_key: str
    ca_file: str = ""
    virtual: bool = False
    timeout_seconds: float = 60.0

    def __repr__(self) -> str:
        return f"S3Access(endpoint={self.endpoint!r}, bucket={self.bucket!r}, prefix={self.prefix!r}, keys hidden)"


class S3Writer:
    """An upload under way: ``domain.image_store.ImageWriter``. What is less than a part is sent at the end."""

    def __init__(self, store: "S3Store", name: BytesName, part_bytes: int) -> None:
        self._store = store
        self._name = name
        self._part_bytes = part_bytes
        self._waiting: list[bytes] = []
        self._waiting_bytes = 0
        self._size = 0
        self._upload: str | None = None
        self._parts: list[dict[str, Any]] = []
        self._sending: asyncio.Task[None] | None = None

    async def write(self, chunk: bytes) -> None:
        self._waiting.append(chunk)
        self._waiting_bytes += len(chunk)
        self._size += len(chunk)
        if self._waiting_bytes >= self._part_bytes:
            await self._sent()
            self._sending = asyncio.create_task(self._send(self._gathered()))

    async def finish(self) -> None:
        await self._sent()
        rest = self._gathered()
        if self._upload is None:
            await self._store.put(self._name, rest)
        else:
            if rest:
                await self._send(rest)
            await self._store.complete(self._name, self._upload, self._parts)
        if await self._store.size(self._name) != self._size:
            raise Unavailable(f"the image store kept other bytes than it was sent of {self._name}; upload them again")

    async def discard(self) -> None:
        if self._sending is not None:
            await asyncio.wait((self._sending,))
            self._sending.exception()  # it was told to whoever wrote, or does not matter any more
            self._sending = None
        await self._store.delete(self._name)

    def _gathered(self) -> bytes:
        part = b"".join(self._waiting)
        self._waiting, self._waiting_bytes = [], 0
        return part

    async def _sent(self) -> None:
        """Wait for the part that is being sent. Raises what became of it."""
        if self._sending is not None:
            await asyncio.shield(self._sending)
            self._sending = None

    async def _send(self, part: bytes) -> None:
        if self._upload is None:
            self._upload = await self._store.begin_parts(self._name)
        number = len(self._parts) + 1
        tag = await self._store.put_part(self._name, self._upload, number, part)
        self._parts.append({"PartNumber": number, "ETag": tag})


class S3Store:
    """``domain.image_store.ImageStore`` over a bucket that is there."""

    def __init__(self, access: S3Access) -> None:
        """Nothing is asked of the service yet."""
        self._access = access
        self._client = _client(access)
        self._threads = Threads("images", CONNECTIONS)

    @property
    def place(self) -> str:
        return f"{self._access.endpoint or 's3:/'}/{self._access.bucket}/{self._access.prefix}"

    @property
    def kind(self) -> Literal["file", "s3"]:
        return "s3"

    @property
    def marks_once(self) -> bool:
        """Not all services know conditions on what is written."""
        return False

    async def mark(self) -> Mark | None:
        try:
            content = await self._run(self._get, MARK, 0, MARK_BYTES - 1)
        except NotFound:
            return None
        lines = content.decode("ascii", "replace").split()
        return Mark(*lines[:2]) if lines else None

    async def set_mark(self, mark: Mark) -> Mark:
        found = await self.mark()
        if found is not None and (found.place_id is not None or found.cloud_id != mark.cloud_id):
            return found
        body = "".join(f"{line}\n" for line in (mark.cloud_id, mark.place_id) if line)
        await self._run(self._put_mark, body.encode("ascii"))
        return mark

    async def begin(self, name: BytesName, most: int) -> S3Writer:
        _require_name(name)
        return S3Writer(self, name, part_bytes(most))

    async def size(self, name: BytesName) -> int:
        _require_name(name)
        return await self._run(self._size, name)

    async def read(self, name: BytesName, first: int = 0, last: int | None = None) -> AsyncIterator[bytes]:
        end = min(await self.size(name), MOST_BYTES if last is None else last + 1)
        fetching: asyncio.Task[bytes] | None = None
        try:
            for begin, stop in _windows(first, end):
                fetched = await (fetching or self._run(self._get, name, begin, stop - 1))
                following = min(stop + WINDOW_BYTES, end)
                fetching = None
                if following > stop:
                    fetching = asyncio.create_task(self._run(self._get, name, stop, following - 1))
                if len(fetched) != stop - begin:
                    raise Unavailable(f"the image store gave {len(fetched)} bytes of {name}, not {stop - begin}")
                for at in range(0, len(fetched), CHUNK):
                    yield fetched[at : at + CHUNK]
        finally:
            if fetching is not None:
                fetching.cancel()

    async def delete(self, name: BytesName) -> None:
        _require_name(name)
        await self._run(self._delete, name)

    async def look(self) -> Held:
        return await self._run(self._look)

    async def check(self) -> None:
        try:
            await self._run(self._head_bucket)
        except NotFound:
            raise Unavailable(f"the bucket of images {self._access.bucket} is not there: make it") from None

    def close(self) -> None:
        self._threads.close()

    # What a writer asks for.

    async def put(self, name: BytesName, content: bytes) -> None:
        """All of an image's bytes at once."""
        await self._run(self._put, name, content)

    async def begin_parts(self, name: BytesName) -> str:
        """The id of an upload in parts that was begun."""
        return await self._run(self._begin_parts, name)

    async def put_part(self, name: BytesName, upload: str, number: int, part: bytes) -> str:
        """The tag of the part, which ``complete`` wants."""
        try:
            return await self._run(self._put_part, name, upload, number, part)
        except NotFound:
            raise _ended(name) from None

    async def complete(self, name: BytesName, upload: str, parts: list[dict[str, Any]]) -> None:
        """Have the parts be one object."""
        try:
            await self._run(self._complete, name, upload, parts)
        except NotFound:
            raise _ended(name) from None

    # In threads.

    def _named(self, name: str) -> dict[str, str]:
        return {"Bucket": self._access.bucket, "Key": self._access.prefix + name}

    def _put_mark(self, body: bytes) -> None:
        self._client.put_object(**self._named(MARK), Body=body, ContentMD5=_md5(body))

    def _put(self, name: BytesName, content: bytes) -> None:
        self._client.put_object(**self._named(name), Body=content, ContentMD5=_md5(content))

    def _begin_parts(self, name: BytesName) -> str:
        return str(self._client.create_multipart_upload(**self._named(name))["UploadId"])

    def _put_part(self, name: BytesName, upload: str, number: int, part: bytes) -> str:
        answer = self._client.upload_part(
            **self._named(name), UploadId=upload, PartNumber=number, Body=part, ContentMD5=_md5(part)
        )
        return str(answer["ETag"])

    def _complete(self, name: BytesName, upload: str, parts: list[dict[str, Any]]) -> None:
        self._client.complete_multipart_upload(**self._named(name), UploadId=upload, MultipartUpload={"Parts": parts})

    def _size(self, name: str) -> int:
        return int(self._client.head_object(**self._named(name))["ContentLength"])

    def _get(self, name: str, first: int, last: int) -> bytes:
        answer = self._client.get_object(**self._named(name), Range=f"bytes={first}-{last}")
        with answer["Body"] as body:
            content: bytes = body.read()
        return content

    def _delete(self, name: BytesName) -> None:
        """An upload in parts first: once it is ended, no late part can make an object of it."""
        for key, upload in self._uploads(self._access.prefix + name):
            if key == self._access.prefix + name:
                self._abort(key, upload)
        try:
            self._client.delete_object(**self._named(name))
        except ClientError as error:
            if _code(error) not in _MISSING:
                raise

    def _abort(self, key: str, upload: str) -> None:
        try:
            self._client.abort_multipart_upload(Bucket=self._access.bucket, Key=key, UploadId=upload)
        except ClientError as error:
            if _code(error) not in _MISSING:
                raise

    def _uploads(self, prefix: str) -> Iterator[tuple[str, str]]:
        """Key and id of each upload in parts that is under way."""
        pages = self._client.get_paginator("list_multipart_uploads")
        for page in pages.paginate(Bucket=self._access.bucket, Prefix=prefix):
            for one in page.get("Uploads", ()):
                yield one["Key"], one["UploadId"]

    def _look(self) -> Held:
        prefix = self._access.prefix
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._access.bucket, Prefix=prefix)
        whole = (one["Key"].removeprefix(prefix) for page in pages for one in page.get("Contents", ()))
        parts = (key.removeprefix(prefix) for key, _ in self._uploads(prefix))
        return Held(
            frozenset(BytesName(name) for name in whole if image_of(name)),
            frozenset(BytesName(name) for name in parts if image_of(name)),
        )

    def _head_bucket(self) -> None:
        self._client.head_bucket(Bucket=self._access.bucket)

    async def _run(self, work: Callable[[*Arguments], Result], *arguments: *Arguments) -> Result:
        """Do it in a thread. Raises NotFound, RequestTooLarge where the service is full, Unavailable where it fails."""
        try:
            return await self._threads.run(work, *arguments)
        except ClientError as error:
            code = _code(error)
            if code in _MISSING:
                raise NotFound("the data of the image could not be found") from None
            if code in _FULL:
                raise RequestTooLarge("the image store is full: delete images, or tell the operator") from None
            log.error("the image store refuses", operation=error.operation_name, code=code)  # noqa: TRY400 - says all
        except BotoCoreError as error:
            log.error("the image store fails", error=type(error).__name__)  # noqa: TRY400 - the line says all of it
        raise Unavailable("the image store cannot be used now; try again soon, or tell the operator")


def part_bytes(most: int) -> int:
    """How large parts are of an upload of at most so many bytes: all of one size, as some services want them."""
    wanted = -(-most // (MOST_PARTS - 1))
    return max(PART_BYTES, -(-wanted // CHUNK) * CHUNK)


def _windows(first: int, end: int) -> Iterator[tuple[int, int]]:
    while first < end:
        stop = min(first + WINDOW_BYTES, end)
        yield first, stop
        first = stop


def _client(access: S3Access) -> Any:
    """A client that knows what it was told, and reads no files of a user of Amazon's tools."""
    session = Session()
    for name in ("config_file", "credentials_file"):
        session.set_config_variable(name, "/dev/null")
    return session.create_client(
        "s3",
        region_name=access.region,
        endpoint_url=access.endpoint or None,
        aws_access_key_id=access.access_key,
        aws_secret_access_key=access.secret_key,
        verify=access.ca_file or True,
        config=Config(
            s3={"addressing_style": "virtual" if access.virtual else "path", "payload_signing_enabled": True},
            # The newer checksums are not known to every service; each part has its MD5, and its SHA-256 is signed.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
            max_pool_connections=CONNECTIONS,
            connect_timeout=min(access.timeout_seconds, 10.0),
            read_timeout=access.timeout_seconds,
        ),
    )


def _code(error: ClientError) -> str:
    """The service's word for it, or the status where an answer has no body."""
    return str(error.response.get("Error", {}).get("Code", ""))


def _md5(content: bytes) -> str:
    return base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode("ascii")


def _ended(name: BytesName) -> Unavailable:
    return Unavailable(f"the upload {name} was ended at the image store, by another process or a rule; upload it again")


def _require_name(name: str) -> None:
    """Names come from rows; that they are names and no paths is made sure of once more where objects are touched."""
    if image_of(name) is None:
        raise NotFound(f"no image has the name {name[:64]}")
