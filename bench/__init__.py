"""The benchmark: drives Berthline, and beside it any other cloud of OpenStack's APIs, and keeps what it measured."""
