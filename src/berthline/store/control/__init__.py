"""Rows by which the cloud runs itself: sagas, leases, quotas, idempotency keys, leaks. No noun of an API."""
