"""Guests on a host that runs libvirt, near or far. `driver` needs libvirt's Python binding; `xml` does not."""
