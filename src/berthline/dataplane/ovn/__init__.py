"""OVN: what rows a unit has in the northbound database, and how they get there."""
