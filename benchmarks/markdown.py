"""Tables for the page of results."""


def table(header: list[str], rows: list[list[str]]) -> str:
    """In Markdown; numbers at the right."""
    ruler = ["---", *["---:"] * (len(header) - 1)]
    return "\n".join(f"| {' | '.join(row)} |" for row in [header, ruler, *rows])
