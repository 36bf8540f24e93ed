"""What is done on a simulated host: one file for each kind of verb, over what they share (`base`)."""
