"""The compute API's fixtures: guests are booted through it."""

from tests.api.compute.conftest import compute_service, ground, world

__all__ = ["compute_service", "ground", "world"]
