"""HTTP in OpenStack's words: translate a request, call the service, translate the answer back."""
