"""Hosts as the cloud is told of them. What was seen of one, and is claimed there, is ``domain.compute.Host``."""
