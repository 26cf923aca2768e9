"""The networks that the lessons train, each readable on one screen."""
