"""The hosts of a process: which there are, the way to each, and what is seen of them."""
