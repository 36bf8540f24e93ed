"""Rows of domains, projects, users, roles and tokens."""
