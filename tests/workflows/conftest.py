"""Every test of a workflow asks doctor at its end."""

from tests.doctor import doctor

__all__ = ["doctor"]
