"""Fences: how a host that is lost is kept from running on. One file for each implementation of domain.hosts.fencing."""
