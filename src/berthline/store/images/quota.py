"""Quotas of images, in the words of ``quotas`` but refused with 413, as Glance refuses them."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection

from berthline.domain.errors import OverQuota, RequestTooLarge
from berthline.domain.image import Image
from berthline.store.control import quotas

COUNT: Final = "image_count"
SIZE: Final = "image_size_mib"
MIB: Final = 1024 * 1024


def mebibytes(size: int | None) -> int:
    """What an image of ``size`` bytes counts: whole MiB, begun ones too."""
    return -(-(size or 0) // MIB)


def amounts(image: Image) -> dict[str, int]:
    """What an image counts in its project's quotas."""
    return {COUNT: 1, SIZE: mebibytes(image.size)}


def room_for_bytes(connection: Connection, project_id: str) -> int | None:
    """How many bytes one more image of the project may have; None: without limit."""
    left = quotas.left(connection, project_id, (SIZE,))[SIZE]
    return None if left is None else left * MIB


def take(connection: Connection, project_id: str, amounts: Mapping[str, int]) -> None:
    """Count ``amounts`` more. Raises RequestTooLarge when that passes a limit."""
    try:
        quotas.take(connection, project_id, amounts)
    except OverQuota as full:
        raise RequestTooLarge(full.message, full.details) from None


def give_back(connection: Connection, project_id: str, amounts: Mapping[str, int]) -> None:
    """Count ``amounts`` less."""
    quotas.give_back(connection, project_id, amounts)
