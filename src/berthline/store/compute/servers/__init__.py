"""Rows of servers, their lists, actions and what hangs on them."""
