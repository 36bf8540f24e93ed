"""What a process knows of the cloud's health, for /healthz and /metrics."""
