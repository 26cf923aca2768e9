"""What makes pages of the project's own files: see docs/guides/site.md."""
