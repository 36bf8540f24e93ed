"""Rows of images, their lists and quota. Their bytes are files, which this folder does not know."""
