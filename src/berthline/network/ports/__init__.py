"""Ports: checked, given addresses and MACs, written. What is a server's is decided in ``nics``."""
