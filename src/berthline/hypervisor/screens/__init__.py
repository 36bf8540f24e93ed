"""Screens of guests, served by this process: pictures, keys, and RFB (RFC 6143) to who looks."""
