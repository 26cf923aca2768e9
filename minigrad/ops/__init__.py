"""The mathematics: each operation's formula, and right under it the rules for its gradients."""
