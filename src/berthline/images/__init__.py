"""The image store: images as rows, their bytes as files named by image id."""

from berthline.images.service import Images, ImageSettings

__all__ = ["ImageSettings", "Images"]
