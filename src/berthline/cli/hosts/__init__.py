"""`berthline host`: hosts come and go, are drained, lost and replaced; one file for each of these."""
