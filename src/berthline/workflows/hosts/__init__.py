"""What is done with hosts rather than with servers: aggregates, and the zones that hosts have by them."""
