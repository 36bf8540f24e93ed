"""Make ports real: rows from snapshots, the projector that applies them, OVN and its simulated twin."""
