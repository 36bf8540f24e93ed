"""Fills databases directly, by SQL, with what years of requests would have left."""
