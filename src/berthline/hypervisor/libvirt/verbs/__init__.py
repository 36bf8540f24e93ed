"""What is done on a host, by libvirt: one file for each kind of verb, over what they share (`base`)."""
