"""A model looked at from outside: what each layer gives, holds and computes. ``minigrad.summary`` asks."""
