"""Consoles of servers: who may open one, by which token, and how several look at one serial console."""
