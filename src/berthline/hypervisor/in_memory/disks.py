"""Images in a simulated host's cache, and the disks of its servers."""

import asyncio
import hashlib
from collections.abc import Collection

from berthline.domain.errors import DisksInUse, NoBaseImage, Refused, RefusedEverywhere
from berthline.domain.hypervisor import BaseImage, CachedImage, GuestSpec, ImageSource
from berthline.domain.ids import ServerId
from berthline.hypervisor.guest_state import Disks
from berthline.hypervisor.image_format import disk_capacity, root_capacity
from berthline.hypervisor.in_memory import written
from berthline.hypervisor.in_memory.base import Verbs


class DiskVerbs(Verbs):
    """See ``domain.hypervisor.Hypervisor``."""

    async def cache_image(self, image: BaseImage, source: ImageSource) -> None:
        async with self._caching.hold(image.sha512):
            if image.sha512 in self._capacities:
                return
            await asyncio.sleep(self._latency.cache_image)
            digest, size, head = hashlib.sha512(), 0, b""
            async for chunk in source.read(image.id):
                if len(head) < written.HEAD_BYTES:
                    head = (head + chunk)[: written.HEAD_BYTES]
                digest.update(chunk)
                size += len(chunk)
            if size != image.size or digest.hexdigest() != image.sha512:
                raise RefusedEverywhere(
                    f"Image {image.id} came as {size} bytes with SHA-512 {digest.hexdigest()[:16]}…, not as "
                    f"{image.size} bytes with {image.sha512[:16]}…. Upload it again."
                )
            self._capacities[image.sha512] = disk_capacity(image, head)
            self._formats[image.sha512] = image.disk_format
            self._sizes[image.sha512] = size
            if found := written.found_in(head):
                self._written[image.sha512] = found

    async def cached_images(self) -> Collection[CachedImage]:
        used = self._digests_in_use()
        return frozenset(
            CachedImage(sha512, self._formats[sha512], sha512 in used, self._sizes[sha512])
            for sha512 in self._capacities
        )

    async def remove_cached_image(self, image: CachedImage) -> bool:
        if image.sha512 in self._digests_in_use():
            return False
        for kept in (self._capacities, self._formats, self._sizes, self._written):
            kept.pop(image.sha512, None)
        return True

    def _digests_in_use(self) -> frozenset[str]:
        rescues = (disks.rescue.sha512 for disks in self._disks.values() if disks.rescue is not None)
        return frozenset((*(disks.sha512 for disks in self._disks.values()), *rescues))

    def config_drive_of(self, server_id: ServerId) -> bytes | None:
        """The config drive that the guest reads; None without one."""
        disks = self._disks.get(server_id)
        return None if disks is None else disks.config_drive

    def disks_of(self, server_id: ServerId) -> Disks | None:
        """What lies in the disks of a server; None where there are none."""
        return self._disks.get(server_id)

    def devices_of(self, server_id: ServerId) -> tuple[str, ...]:
        """What the guest calls its disks; nothing without a guest."""
        guest = self._guests.get(server_id)
        return () if guest is None else guest.devices

    async def create_disks(self, spec: GuestSpec) -> None:
        await asyncio.sleep(self._latency.create_disks)
        if spec.image.sha512 not in self._capacities:
            raise NoBaseImage(f"The host has no copy of image {spec.image.id}. Cache the image first.")
        image = spec.image.sha512
        capacity = root_capacity(spec, self._capacities[image])
        present = self._disks.get(spec.server_id)
        if present is not None and spec.server_id in self._guests:
            return
        if present is not None and present.sha512 == image:
            present.config_drive = spec.config_drive
            return
        self._disks[spec.server_id] = Disks(image, spec.config_drive, capacity, self._written.get(image, b""))

    async def renew_disks(self, spec: GuestSpec, *, keep_empty: bool) -> None:
        await asyncio.sleep(self._latency.create_disks)
        if spec.server_id in self._guests:
            raise DisksInUse(f"Guest {spec.server_id} still uses its disks. Destroy the guest first.")
        image = spec.image.sha512
        if image not in self._capacities:
            raise NoBaseImage(f"The host has no copy of image {spec.image.id}. Cache the image first.")
        capacity = root_capacity(spec, self._capacities[image])
        before = self._disks.get(spec.server_id)
        disks = Disks(image, spec.config_drive, capacity, self._written.get(image, b""))
        if keep_empty and before is not None:
            disks.empty_ones = before.empty_ones
        self._disks[spec.server_id] = disks

    async def create_rescue_disks(self, spec: GuestSpec) -> None:
        await asyncio.sleep(self._latency.create_disks)
        image, disks = spec.image.sha512, self._disks.get(spec.server_id)
        if disks is None:
            raise Refused(f"Server {spec.server_id} has no disks on its host to be rescued.")
        if image not in self._capacities:
            raise NoBaseImage(f"The host has no copy of image {spec.image.id}. Cache the image first.")
        if self._rescues(spec.server_id):
            return
        disks.rescue = Disks(image, spec.config_drive, self._capacities[image], self._written.get(image, b""))

    async def delete_rescue_disks(self, server_id: ServerId) -> None:
        if self._rescues(server_id):
            raise DisksInUse(f"Guest {server_id} still uses its rescue disk. Start it from its own first.")
        if disks := self._disks.get(server_id):
            disks.rescue = None

    def _rescues(self, server_id: ServerId) -> bool:
        guest = self._guests.get(server_id)
        return guest is not None and guest.rescues

    async def delete_disks(self, server_id: ServerId) -> None:
        if server_id in self._guests:
            raise DisksInUse(f"Guest {server_id} still uses its disks. Destroy the guest first.")
        self._disks.pop(server_id, None)
        for copy in [copy for copy in self._copies if copy.server_id == server_id]:
            del self._copies[copy]
        self._terminals.pop(server_id, None)

    async def disks(self) -> Collection[ServerId]:
        return frozenset(self._disks)
