"""Routers: legs, gateway, routes. Floating IPs, which only pass through them, are beside this folder."""
