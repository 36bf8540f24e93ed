"""The network service: Neutron's nouns over our own store, and the allocation of servers' networks."""
