"""Where the bytes of images are: one file for each implementation of domain.image_store."""
