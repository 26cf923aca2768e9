"""The classifiers of three coursework reports, trained again: ``python -m lessons.reports 001``."""
