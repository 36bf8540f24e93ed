"""What is done with the NICs of a server that exists: attach, detach, and events that tell of them."""
