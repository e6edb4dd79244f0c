"""What a request costs, in seconds of the server's processor: `make bench`."""
