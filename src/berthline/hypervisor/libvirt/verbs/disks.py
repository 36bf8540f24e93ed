"""Images in a host's cache, and the disks of its servers."""

from collections.abc import Collection

from berthline.domain.errors import DisksInUse
from berthline.domain.hypervisor import BaseImage, CachedImage, GuestSpec, ImageSource
from berthline.domain.ids import ServerId
from berthline.hypervisor.libvirt import base_images, copies, guests, rescue
from berthline.hypervisor.libvirt.binding import Connection
from berthline.hypervisor.libvirt.verbs.base import Verbs


class DiskVerbs(Verbs):
    """See ``domain.hypervisor.Hypervisor``."""

    async def cache_image(self, image: BaseImage, source: ImageSource) -> None:
        await self._files.cache(self._host, image, source)

    async def cached_images(self) -> Collection[CachedImage]:
        return await self._host.run("list cached images", base_images.found)

    async def remove_cached_image(self, image: CachedImage) -> bool:
        aim = f"take image {image.sha512[:16]} out of the cache"
        return await self._host.run(aim, lambda connection: base_images.remove(connection, image))

    async def create_disks(self, spec: GuestSpec) -> None:
        def work(connection: Connection) -> None:
            if guests.found(connection, spec.server_id) is not None:
                # Its disks may be in use: they are there, or this raises.
                self._files.guest_files(connection, spec)
            else:
                self._files.create_disks(connection, spec)

        await self._host.run(f"create the disks of server {spec.server_id}", work)

    async def renew_disks(self, spec: GuestSpec, *, keep_empty: bool) -> None:
        def work(connection: Connection) -> None:
            if guests.found(connection, spec.server_id) is not None:
                raise DisksInUse(f"Guest {spec.server_id} still uses its disks. Destroy the guest first.")
            self._files.renew_disks(connection, spec, keep_empty=keep_empty)

        await self._host.run(f"renew the disks of server {spec.server_id}", work)

    async def create_rescue_disks(self, spec: GuestSpec) -> None:
        aim = f"create the rescue disk of server {spec.server_id}"
        await self._host.run(aim, lambda connection: rescue.create(connection, self._files, spec))

    async def delete_rescue_disks(self, server_id: ServerId) -> None:
        aim = f"delete the rescue disk of server {server_id}"
        await self._host.run(aim, lambda connection: rescue.delete(connection, server_id))

    async def delete_disks(self, server_id: ServerId) -> None:
        def work(connection: Connection) -> None:
            if guests.found(connection, server_id) is not None:
                raise DisksInUse(f"Guest {server_id} still uses its disks. Destroy the guest first.")
            copies.delete_all(connection, server_id)
            self._files.delete_disks(connection, server_id)

        await self._host.run(f"delete the disks of server {server_id}", work)

    async def disks(self) -> Collection[ServerId]:
        return await self._host.run("list disks", self._files.servers)
