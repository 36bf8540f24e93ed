"""What Berthline does for a server, one file per operation. This is the product."""
