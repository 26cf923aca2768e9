"""The two coursework reports on classifying images, trained again: ``python -m lessons.reports 001``."""
