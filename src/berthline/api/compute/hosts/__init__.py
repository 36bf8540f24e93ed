"""Hosts over HTTP, for admins: as hypervisors, as services, and everybody's availability zones."""
