"""Loops that take no input: they compare what is with what should be, and put it right or count it."""
