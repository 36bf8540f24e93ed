"""Images shared with other projects, and what those think of it."""

import msgspec

from berthline.domain.auth import Caller
from berthline.domain.clock import Clock
from berthline.domain.errors import Forbidden, NotFound
from berthline.domain.ids import ProjectId
from berthline.domain.image import ImageMember, MemberStatus
from berthline.images.rights import owned, owns, require_writer, visible
from berthline.store import Connection, Store
from berthline.store.images import images as rows


class Sharing:
    """Members of images. Every method raises NotFound for what the caller may not see, Forbidden likewise."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def add(self, caller: Caller, image_id: str, member: str) -> ImageMember:
        """Share with a project. Raises Forbidden unless the image's visibility is shared, Conflict when it is one."""
        at = self._clock.now()

        def work(connection: Connection) -> ImageMember:
            image = owned(connection, caller, image_id)
            if image.visibility != "shared":
                raise Forbidden(f"an image that is {image.visibility} has no members: make its visibility shared")
            made = ImageMember(
                image_id=image.id, member_id=ProjectId(member), status="pending", created_at=at, updated_at=at
            )
            rows.insert_member(connection, made)
            return made

        return await self._store.write(work)

    async def list(self, caller: Caller, image_id: str) -> tuple[ImageMember, ...]:
        """The owner sees all members, a member itself."""
        return await self._store.read_short(lambda connection: _seen(connection, caller, image_id))

    async def show(self, caller: Caller, image_id: str, member: str) -> ImageMember:
        """One of those that ``list`` shows."""
        return await self._store.read_short(lambda connection: _one(connection, caller, image_id, member))

    async def set_status(self, caller: Caller, image_id: str, member: str, status: MemberStatus) -> ImageMember:
        """A member's own decision. Raises Forbidden for the owner, who cannot decide for others."""
        at = self._clock.now()

        def work(connection: Connection) -> ImageMember:
            rows.hold(connection, image_id)
            found = _one(connection, caller, image_id, member)
            require_writer(caller)
            if not caller.is_admin and member != caller.project_id:
                raise Forbidden("only the member itself may accept or reject an image")
            if not rows.set_member_status(connection, image_id, member, status, at):  # removed at this very moment
                raise _no_member(image_id, member)
            return msgspec.structs.replace(found, status=status, updated_at=at)

        return await self._store.write(work)

    async def remove(self, caller: Caller, image_id: str, member: str) -> None:
        """Share no longer."""

        def work(connection: Connection) -> None:
            owned(connection, caller, image_id)
            if not rows.delete_member(connection, image_id, member):
                raise _no_member(image_id, member)

        await self._store.write(work)


def _seen(connection: Connection, caller: Caller, image_id: str) -> tuple[ImageMember, ...]:
    image = visible(connection, caller, image_id)
    if image.visibility != "shared":
        raise Forbidden(f"an image that is {image.visibility} has no members")
    members = rows.list_members(connection, image_id)
    return members if owns(caller, image) else tuple(each for each in members if each.member_id == caller.project_id)


def _one(connection: Connection, caller: Caller, image_id: str, member: str) -> ImageMember:
    for found in _seen(connection, caller, image_id):
        if found.member_id == member:
            return found
    raise _no_member(image_id, member)


def _no_member(image_id: str, member: str) -> NotFound:
    return NotFound(f"{member[:64]} is not a member of image {image_id}")
