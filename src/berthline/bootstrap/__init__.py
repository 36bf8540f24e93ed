"""Builds a cloud from its settings, starts its parts in order, and stops them in the opposite one (``cloud``)."""
