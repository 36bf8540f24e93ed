"""Servers over HTTP: bodies, queries, views, actions, interfaces, events. Rules of their life are in workflows."""
