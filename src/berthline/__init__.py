"""Berthline boots servers and gives each one its networks, over OpenStack's APIs, in one process."""

__version__ = "0.1.0"
