"""What makes guests real: libvirt, and the simulated host that ships as its twin. Both fit `domain.hypervisor`."""
