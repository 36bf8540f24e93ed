"""Clouds that are full: of ports, and of hosts and servers."""
