"""What a process knows of the cloud's workers: which hosts are its own, and how all of them stand."""
