"""HTTP connections of clients: what they may hold, and for how long."""
