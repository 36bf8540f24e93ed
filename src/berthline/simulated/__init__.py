"""Simulated hosts and their data plane as a process of their own: the world's server, and what reaches it."""
