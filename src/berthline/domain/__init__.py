"""Frozen values, ids, states, errors and the Protocols of the outside. Standard library and msgspec only."""
