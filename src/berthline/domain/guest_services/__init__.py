"""What the network tells guests by services of its own: options of DHCP, and names of DNS."""
