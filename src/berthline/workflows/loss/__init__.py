"""Hosts that are lost: their servers are brought to other hosts, one by an admin's word, or all."""
