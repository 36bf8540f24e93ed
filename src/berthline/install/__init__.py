"""Makes a control plane, a hypervisor, or both of a Debian machine, and takes that back. A list of steps each."""
