"""Every action that a server takes: on simulated hosts, and on a real one beside what libvirt alone needs for it."""
