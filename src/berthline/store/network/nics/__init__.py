"""Rows that say which ports are NICs of servers, here and at a network service outside."""
