"""How people look at a guest by libvirt: its serial console, its screen behind a socket, and its screen by pictures."""
