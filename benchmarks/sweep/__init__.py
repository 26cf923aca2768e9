"""Many shapes of convolution, pooling and batch norm, minigrad beside PyTorch: no shape falls off a cliff."""
