"""Flavors over HTTP, with their extra specs and access. Servers' own record of a flavor is in ``servers``."""
