"""Rows of networks, subnets, ports, groups, routers and floating IPs; which of them are NICs is in ``nics``."""
