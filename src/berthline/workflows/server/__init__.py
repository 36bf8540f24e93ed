"""What is done with a server: create, delete, power, its place, its ports' waits, and what the guest is told."""
