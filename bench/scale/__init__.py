"""Both databases, one process and several: what each way of running the same cloud carries, in one run."""
