"""Servers that are put away with all that they are, and come back."""
