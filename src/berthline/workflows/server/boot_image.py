"""The image that a server shall boot from: whether the caller may use it, and whether it fits the flavor."""

from msgspec.structs import replace

from berthline.domain.auth import Caller
from berthline.domain.compute import Flavor
from berthline.domain.errors import BadRequest
from berthline.domain.ids import ImageId
from berthline.domain.image import Image
from berthline.placement import unmet_needs
from berthline.store import Connection
from berthline.store.images import images


def checked_image(
    connection: Connection, caller: Caller, image_id: ImageId, flavor: Flavor, missing: str | None = None
) -> Image:
    """The image. Raises BadRequest for one that is not there for the caller (in the words ``missing``) or not active,
    that asks for what this cloud has not, or that the flavor is too small for.
    """
    image = images.get_visible(connection, caller, image_id)
    if image is None:
        raise BadRequest(missing or f"Can not find requested image {image_id}")
    if image.status != "active":
        raise BadRequest(f"Image {image_id} is not active.")
    if need := unmet_needs.of_image(image.properties):
        raise BadRequest(f"Image {image_id} asks for {need}, which this cloud does not offer.")
    check_fits(image, flavor)
    return image


def check_fits(image: Image, flavor: Flavor) -> None:
    """Raise BadRequest, in Nova's words, for a flavor that is too small for the image."""
    if image.min_ram > flavor.ram:
        raise BadRequest("Flavor's memory is too small for requested image.")
    if flavor.disk and max(image.min_disk * 1024**3, image.virtual_size or image.size or 0) > flavor.disk * 1024**3:
        raise BadRequest("Flavor's disk is too small for requested image.")


def sized(flavor: Flavor, image: Image) -> Flavor:
    """The flavor with the disk that its server really takes, where it leaves the size to the image."""
    if flavor.disk:
        return flavor
    size = image.virtual_size or image.size or 0
    return replace(flavor, image_disk=-(-size // 1024**3))


def needs_config_drive(image: Image) -> bool:
    """Whether every server of it gets a config drive."""
    return image.properties.get("img_config_drive") == "mandatory"
