"""The peak day, before it comes: `make rehearse`."""
