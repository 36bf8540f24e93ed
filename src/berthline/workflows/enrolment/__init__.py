"""Hosts come to the cloud, are used as their admins say, and leave it, with a fate for what is on them."""
