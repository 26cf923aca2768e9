"""The engine: operations are recorded as they run, and the record is walked back for gradients."""
