"""The network service: local, on our own store and dataplane."""
