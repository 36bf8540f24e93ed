"""The cloud's own authority, and the certificates that it signs: for the APIs, OVN, and libvirt on each host."""
