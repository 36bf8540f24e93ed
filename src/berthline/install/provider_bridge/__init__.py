"""The bridge to the outside: a NIC of the machine is put into it, and its addresses and routes move there.

Whoever is logged in by that NIC would be cut off by a fault in it. So a process of its own takes it back after a while
unless the way out was seen to work meanwhile (``guard``), and only then is it written for the next start.
"""
