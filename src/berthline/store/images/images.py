"""Images, their tags and members, and who may see them."""

from collections.abc import Collection
from typing import Any, Final, Literal, get_args

import msgspec
from sqlalchemy import Connection, Row, delete, exists, insert, select, true, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql.elements import ColumnElement

from berthline.domain.auth import Caller
from berthline.domain.errors import Conflict, NotFound
from berthline.domain.hypervisor import BaseImage
from berthline.domain.ids import ImageId, ProjectId, ServerId
from berthline.domain.image import Content, Image, ImageMember, ImageStatus, MemberStatus
from berthline.store.engine import locks
from berthline.store.engine.changes import record_event
from berthline.store.engine.prepared import Prepared
from berthline.store.engine.prepared import Row as PreparedRow
from berthline.store.tables.control import events
from berthline.store.tables.image import image_members, image_tags, images

_NAMES: Final = tuple(column.name for column in images.c)
# What is put into these texts are names of columns.
_GET: Final = Prepared(
    f"SELECT {', '.join(_NAMES)}, (SELECT json_group_array(tag) FROM "  # noqa: S608
    "(SELECT tag FROM image_tags WHERE image_id = images.id ORDER BY tag) AS sorted) FROM images WHERE id = ?1"
)
_GET_VISIBLE: Final = Prepared(
    f"{_GET.text} AND (visibility IN ('public', 'community') OR project_id = ?2 OR (visibility = 'shared' AND "  # noqa: S608
    "EXISTS (SELECT 1 FROM image_members m WHERE m.image_id = images.id AND m.member_id = ?2)))"
)
_BASE: Final = Prepared("SELECT status, disk_format, size, sha512, properties FROM images WHERE id = ?1")
_BASE_OF: Final = Prepared(
    "SELECT i.id, i.status, i.disk_format, i.size, i.sha512, i.properties FROM servers s "
    "JOIN images i ON i.id = COALESCE(s.shelved_image_id, s.image_id) WHERE s.id = ? AND s.deleted_at IS NULL"
)


_PROPERTIES: Final = msgspec.json.Decoder(dict[str, str])

_AT_ONCE: Final = 500
"""Ids that one statement asks for."""

Receiving = Literal["saving", "uploading", "importing"]
"""The states of an image whose bytes are on their way, or staged."""
RECEIVING: Final = frozenset(get_args(Receiving))


def visible_to(caller: Caller) -> ColumnElement[bool]:
    """The condition on ``images`` that the caller may see one: his project's, public, community, or shared with it."""
    if caller.is_admin:
        return true()
    member = exists().where(image_members.c.image_id == images.c.id, image_members.c.member_id == caller.project_id)
    open_to_all = images.c.visibility.in_(("public", "community"))
    if not caller.project_id:
        return open_to_all
    shared = (images.c.visibility == "shared") & member
    return open_to_all | (images.c.project_id == caller.project_id) | shared


def get(connection: Connection, image_id: str) -> Image | None:
    """The image, whoever owns it, or None."""
    return _one(_GET.first(connection, image_id))


def hold(connection: Connection, image_id: str) -> None:
    """For who changes what hangs on an image: it is not changed or removed meanwhile. See ``locks.hold``."""
    locks.hold(connection, images, [image_id])


def lock(connection: Connection, image_id: str) -> None:
    """For who changes an image by what it is: one transaction at a time. See ``locks.lock``."""
    locks.lock(connection, images, [image_id])


def get_visible(connection: Connection, caller: Caller, image_id: str) -> Image | None:
    """The image if it is there and the caller may see it, or None."""
    if caller.is_admin:
        return get(connection, image_id)
    return _one(_GET_VISIBLE.first(connection, image_id, caller.project_id or None))


def _one(row: PreparedRow | None) -> Image | None:
    if row is None:
        return None
    values: dict[str, Any] = dict(zip((*_NAMES, "tags"), row, strict=True))
    values["protected"], values["hidden"] = bool(values["protected"]), bool(values["hidden"])
    values["properties"] = msgspec.json.decode(values["properties"])
    values["null_properties"] = _texts(values["null_properties"])
    values["tags"] = _texts(values["tags"])
    return Image(**values)


def _texts(array: str) -> tuple[str, ...]:
    return () if array == "[]" else tuple(msgspec.json.decode(array))


def base_image(connection: Connection, image_id: ImageId) -> BaseImage:
    """The image as a host needs it. Raises NotFound when it is gone, Conflict when it is not active."""
    return _base(_BASE.first(connection, image_id), image_id)


def base_image_of(connection: Connection, server_id: ServerId) -> BaseImage:
    """The image that a server boots from, likewise. Raises NotFound also when the server is gone."""
    row = _BASE_OF.first(connection, server_id)
    return _base(row and row[1:], row[0] if row else ImageId(f"of server {server_id}"))


def _base(row: PreparedRow | None, image_id: ImageId) -> BaseImage:
    if row is None:
        raise NotFound(f"Image {image_id} could not be found.")
    status, disk_format, size, sha512, properties = row
    if status != "active" or size is None or sha512 is None or disk_format is None:
        raise Conflict(f"Image {image_id} is not active.")
    asked = {} if properties == "{}" else _PROPERTIES.decode(properties)
    # to a host, a CD-ROM's bytes are those of a disk
    laid: Literal["qcow2", "raw"] = "qcow2" if disk_format == "qcow2" else "raw"
    return BaseImage(id=image_id, disk_format=laid, size=size, sha512=sha512, properties=asked)


def insert_image(connection: Connection, image: Image) -> None:
    """Raises Conflict when the id is taken."""
    values = msgspec.structs.asdict(image)
    del values["tags"]
    try:
        connection.execute(insert(images), values)
    except IntegrityError:
        raise Conflict(f"Image ID {image.id} already exists!") from None
    _write_tags(connection, image)
    _changed(connection, image, "created")


def update_image(connection: Connection, image: Image) -> Image:
    """Write what may be changed by its owner, tags included; gives back the image with its new revision."""
    after = msgspec.structs.replace(image, revision=image.revision + 1)
    values = msgspec.structs.asdict(after)
    del values["tags"]
    connection.execute(update(images).where(images.c.id == image.id).values(values))
    connection.execute(delete(image_tags).where(image_tags.c.image_id == image.id))
    _write_tags(connection, after)
    _changed(connection, after, "updated")
    return after


def delete_image(connection: Connection, image: Image, at: int) -> None:
    """The row with tags and members; its file is the caller's to delete, after the commit."""
    connection.execute(delete(images).where(images.c.id == image.id))
    _changed(connection, msgspec.structs.replace(image, revision=image.revision + 1, updated_at=at), "deleted")


def begin_upload(connection: Connection, image: Image, at: int, status: Receiving = "saving") -> bool:
    """Move queued to the state in which its bytes come; False when the image is in any other one."""
    return _move(connection, image, at, old="queued", status=status)


def finish_upload(
    connection: Connection, image: Image, content: Content, at: int, status: Receiving = "saving"
) -> bool:
    """Move that state to active with what was learnt of the bytes; False when the image was deleted meanwhile."""
    values = msgspec.structs.asdict(content)
    if status == "importing":
        values["import_result"] = "done"
    return _move(connection, image, at, old=status, status="active", **values)


def stage(connection: Connection, image: Image, size: int, at: int) -> bool:
    """Note how many bytes are staged of an image that is uploading; False when it was deleted meanwhile."""
    return _move(connection, image, at, old="uploading", status="uploading", size=size)


def begin_import(connection: Connection, image: Image, at: int) -> bool:
    """Move an image with staged bytes from uploading to importing; False when it is in any other state."""
    return _move(connection, image, at, old="uploading", status="importing")


def abort_upload(connection: Connection, image: Image, at: int) -> bool:
    """Move an image whose bytes come or are staged back to queued; ``image`` is as it is now, locked."""
    if image.status not in RECEIVING:
        return False
    values = {"import_result": "failed"} if image.status == "importing" else {}
    return _move(connection, image, at, old=image.status, status="queued", size=None, **values)


def lose(connection: Connection, image: Image, at: int) -> bool:
    """Move active or deactivated to killed: its bytes are gone."""
    return image.status in {"active", "deactivated"} and _move(connection, image, at, old=image.status, status="killed")


def ever_had(connection: Connection, image_ids: Collection[ImageId]) -> frozenset[ImageId]:
    """Those of these images that are there, or were and were deleted, as far as events are kept."""
    found: set[ImageId] = set()
    in_order = sorted(image_ids)
    for start in range(0, len(in_order), _AT_ONCE):
        some = in_order[start : start + _AT_ONCE]
        there = select(images.c.id).where(images.c.id.in_(some))
        deleted = select(events.c.object_id).where(
            events.c.object_id.in_(some), events.c.kind == "image", events.c.what == "deleted"
        )
        found.update(ImageId(row[0]) for row in connection.execute(there.union(deleted)))
    return frozenset(found)


def _move(connection: Connection, image: Image, at: int, *, old: ImageStatus, **values: object) -> bool:
    """Compare-and-swap of the state of this very image, not of another that was made by the same id later."""
    moved = connection.execute(
        update(images)
        .where(images.c.id == image.id, images.c.created_at == image.created_at, images.c.status == old)
        .values(updated_at=at, revision=images.c.revision + 1, **values)
        .returning(images.c.project_id, images.c.revision)
    ).first()
    if moved is None:
        return False
    record_event(
        connection,
        kind="image",
        object_id=image.id,
        project_id=moved.project_id,
        revision=moved.revision,
        what=f"{old}_to_{values['status']}",
        at=at,
    )
    return True


# --- members ---
def insert_member(connection: Connection, member: ImageMember) -> None:
    """Raises Conflict when the image is shared with that project already."""
    try:
        connection.execute(insert(image_members), msgspec.structs.asdict(member))
    except IntegrityError:
        raise Conflict(f"The image is already shared with project {member.member_id}.") from None


def list_members(connection: Connection, image_id: str) -> tuple[ImageMember, ...]:
    """All projects that the image is shared with, oldest first."""
    rows = connection.execute(
        select(image_members)
        .where(image_members.c.image_id == image_id)
        .order_by(image_members.c.created_at, image_members.c.member_id)
    )
    return tuple(
        ImageMember(
            image_id=ImageId(row.image_id),
            member_id=ProjectId(row.member_id),
            status=row.status,
            created_at=row.created_at,
            updated_at=row.updated_at,
        )
        for row in rows
    )


def set_member_status(connection: Connection, image_id: str, member_id: str, status: MemberStatus, at: int) -> bool:
    """What the member thinks of the image: pending, accepted or rejected. False when it is none, or no longer."""
    changed = connection.execute(
        update(image_members)
        .where(image_members.c.image_id == image_id, image_members.c.member_id == member_id)
        .values(status=status, updated_at=at)
    )
    return changed.rowcount > 0


def delete_member(connection: Connection, image_id: str, member_id: str) -> bool:
    """True when it was one."""
    gone = connection.execute(
        delete(image_members).where(image_members.c.image_id == image_id, image_members.c.member_id == member_id)
    )
    return gone.rowcount > 0


# --- tags ---
def tags_of(connection: Connection, image_ids: Collection[str]) -> dict[str, tuple[str, ...]]:
    """The tags of each of these images that has any, sorted."""
    found: dict[str, tuple[str, ...]] = {}
    rows = connection.execute(
        select(image_tags).where(image_tags.c.image_id.in_(image_ids)).order_by(image_tags.c.image_id, image_tags.c.tag)
    )
    for row in rows:
        found[row.image_id] = (*found.get(row.image_id, ()), row.tag)
    return found


def image_of(row: Row[*tuple[Any, ...]], tags: tuple[str, ...]) -> Image:
    """The image that a row of ``images`` holds."""
    values = row._asdict() | {"null_properties": tuple(row.null_properties)}
    return Image(**values, tags=tags)


def _write_tags(connection: Connection, image: Image) -> None:
    if image.tags:
        connection.execute(insert(image_tags), [{"image_id": image.id, "tag": tag} for tag in image.tags])


def _changed(connection: Connection, image: Image, what: str) -> None:
    record_event(
        connection,
        kind="image",
        object_id=image.id,
        project_id=image.project_id,
        revision=image.revision,
        what=what,
        at=image.updated_at,
    )
