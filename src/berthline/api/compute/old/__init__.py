"""Doors of old: images, networks and volumes by the Compute API, each thin and there until its last microversion."""
