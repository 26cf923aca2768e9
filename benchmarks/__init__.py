"""minigrad measured beside PyTorch and the small libraries it is akin to. Run `make bench`; see README.md."""
