"""Which host takes a server: pure choice, by filters and then by weights."""
