"""Rows of flavors, keypairs, hosts and, in ``servers``, servers. Their NICs are the network's."""
