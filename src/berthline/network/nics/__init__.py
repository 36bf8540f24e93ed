"""The NICs of servers: requests resolved, allocated and bound in one transaction. Ports of users are in ``ports``."""
