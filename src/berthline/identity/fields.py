"""What a request leaves unsaid of a thing that is made or changed."""

from typing import TypeVar

from msgspec import UnsetType

T = TypeVar("T")


def or_else(value: T | UnsetType, default: T) -> T:
    """What was said, or else ``default``: what it is by itself, or has been so far."""
    return default if isinstance(value, UnsetType) else value
