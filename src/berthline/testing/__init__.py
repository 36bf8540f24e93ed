"""Shipped for tests, ours and yours: faults on a schedule, and checks that nothing is left behind."""
