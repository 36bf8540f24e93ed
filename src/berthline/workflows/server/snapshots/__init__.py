"""Images of servers: made on request, as backups, and of servers that are shelved."""
