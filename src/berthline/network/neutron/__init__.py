"""The network service that compute uses when networks are a Neutron's: the same Protocol, over HTTP."""
