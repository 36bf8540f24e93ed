"""Keypairs over HTTP, and what makes a public key sound. Nothing here knows servers."""
