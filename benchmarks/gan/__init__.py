"""A DCGAN trained here and in PyTorch: the same photographs, weights, order and noise; judged alike."""
