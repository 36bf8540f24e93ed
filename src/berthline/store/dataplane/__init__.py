"""What the data plane is told: the outbox, what was projected, and snapshots of units. No noun is written here."""
