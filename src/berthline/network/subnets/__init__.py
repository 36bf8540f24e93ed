"""Subnets: checks, pools, and how many addresses are free. Addresses of ports are chosen in ``ports``."""
