"""The ``berthline`` command: starts clouds, shows what they do, and gives a demonstration. Speaks HTTP to a cloud."""
