"""What is checked and taken when a server is to have another flavor or another host; nothing outside is touched yet."""

from contextlib import suppress

from msgspec.structs import replace

from berthline.domain.auth import Caller
from berthline.domain.compute import Build, Flavor, Migration, MigrationType, Server
from berthline.domain.disks import resized
from berthline.domain.errors import BadRequest, Conflict, NotFound, NoValidHost
from berthline.domain.hypervisor import BaseImage
from berthline.domain.ids import FlavorId, HostName, MigrationId, new_id
from berthline.placement import unmet_needs
from berthline.placement.guest_hardware import hardware_of
from berthline.store import Connection
from berthline.store.compute import flavors, hosts, migrations
from berthline.store.images import images
from berthline.workflows.server import counted, disks
from berthline.workflows.server.boot_image import check_fits
from berthline.workflows.server.resize import holding


def new_flavor(connection: Connection, caller: Caller, server: Server, flavor_id: FlavorId) -> Flavor:
    """The flavor that the server is to have. Raises BadRequest, with Nova's reasons, for one that it cannot have."""
    visible_to = None if caller.is_admin else caller.project_id
    found = flavors.get(connection, flavor_id, visible_to=visible_to)
    if found is None:
        raise BadRequest(f"Flavor {flavor_id} could not be found.")
    old = server.flavor
    if found.disk == 0 and old.disk != 0:
        raise _cannot_resize_disk("Resize to zero disk flavor is not allowed.")
    if found.id != old.id and found.disabled:
        raise BadRequest(f"Flavor {flavor_id} could not be found.")
    if found.id == old.id:
        raise BadRequest("When resizing, instances must change flavor!")
    if need := unmet_needs.of_flavor(found.extra_specs):
        raise BadRequest(f"Flavor {found.name} asks for {need}, which this cloud does not offer: use another flavor.")
    if (found.disk and found.disk < (old.disk or old.image_disk)) or found.ephemeral < old.ephemeral:
        raise _cannot_resize_disk("Unable to resize disk down.")
    if found.disk == 0:
        found = replace(found, image_disk=old.image_disk)
    image = None if server.image_id is None else images.get(connection, server.image_id)
    if image is not None:
        check_fits(image, found)
    return found


def builds(server: Server, image: BaseImage, flavor: Flavor) -> tuple[Build, Build]:
    """What the server's guest is made of now, and what the flavor makes of it. Raises BadRequest for what cannot be."""
    own = disks.of_server(server, image.properties)
    now = Build(own.disks, own.hardware)
    if flavor == server.flavor:
        return now, now
    hardware = hardware_of(image.properties, flavor.extra_specs, flavor.vcpus)
    if hardware.tpm != own.hardware.tpm:
        raise BadRequest(
            f"Flavor {flavor.name} would give the server another TPM than it has, or take it away (hw:tpm_version): "
            "use one that asks for the same, or create a server with it."
        )
    sizes = {"root_gb": flavor.disk, "ephemeral_gb": flavor.ephemeral, "swap_mb": flavor.swap}
    return now, Build(resized(own.disks, hardware, **sizes), hardware)


def image_of(connection: Connection, server: Server) -> BaseImage:
    """What the server's disks were made from. Raises BadRequest where the image service has it no more."""
    try:
        assert server.image_id is not None
        return images.base_image(connection, server.image_id)
    except (NotFound, Conflict) as error:
        raise BadRequest("Image that the instance was started with could not be found.") from error


def check_host(connection: Connection, server: Server, wanted: HostName) -> None:
    """Raise BadRequest for a host that the server cannot be sent to by name."""
    if hosts.get(connection, wanted) is None:
        raise BadRequest(f"Compute host {wanted} could not be found.")
    if wanted == server.host:
        raise BadRequest("Cannot migrate to the host where the server exists.")


def check_source(connection: Connection, server: Server) -> HostName:
    """The server's host, which has to answer. Raises Conflict, Nova's 409, where it does not."""
    host = None if server.host is None else hosts.get(connection, server.host)
    if host is None or not host.up:
        raise Conflict("Service is unavailable at this time.")
    return host.name


def claim(
    connection: Connection,
    caller: Caller,
    server: Server,
    flavor: Flavor,
    *,
    move_type: MigrationType,
    wanted_host: HostName | None,
    at: int,
) -> Migration:
    """Take the flavor's room and quota beside what the server has, and write the move. Nothing else is changed.

    A resize stays on its host where that has the room: its disks need not travel. Raises BadRequest where no host has
    it, QuotaExceeded, and Conflict for a server that is being moved.
    """
    source = check_source(connection, server)
    image = image_of(connection, server)
    old_build, new_build = builds(server, image, flavor)
    wanted = {name: amount for name, amount in holding.more(server.flavor, flavor).items() if amount}
    owner = counted.check_more(connection, server, wanted)
    destination = _destination(connection, caller, server, flavor, source, wanted_host, move_type, at)
    migration = migrations.add(
        connection,
        Migration(
            number=0,
            id=MigrationId(new_id()),
            server_id=server.id,
            project_id=server.project_id,
            user_id=caller.user_id,
            type=move_type,
            status="queued" if move_type == "live-migration" else "migrating",
            source=source,
            destination=destination,
            old_flavor=server.flavor,
            new_flavor=flavor,
            old_build=old_build,
            new_build=new_build,
            image=image,
            before=server.vm_state,
            held=True,
            created_at=at,
            updated_at=at,
        ),
    )
    counted.take_more(connection, owner, wanted)  # last: others of the project wait for it
    return migration


def _destination(
    connection: Connection,
    caller: Caller,
    server: Server,
    flavor: Flavor,
    source: HostName,
    wanted: HostName | None,
    move_type: MigrationType,
    at: int,
) -> HostName:
    has_tpm = server.hardware is not None and server.hardware.tpm is not None
    if move_type == "resize" and not has_tpm:
        with suppress(NoValidHost):
            return holding.claim(connection, server, flavor, source, source, at)
    stays = move_type == "resize" and has_tpm  # what is in a TPM stays on its host
    try:
        return holding.claim(connection, server, flavor, source, source if stays else wanted, at)
    except NoValidHost as error:
        raise BadRequest(error.message, error.details if caller.is_admin else {}) from error


def _cannot_resize_disk(reason: str) -> BadRequest:
    return BadRequest(f"Server disk was unable to be resized because: {reason}")
