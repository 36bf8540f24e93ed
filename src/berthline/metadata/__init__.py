"""The metadata service: what guests ask at 169.254.169.254, answered inside each network's own namespace."""
