"""A record in a few lines, for tests that change one of them."""

from collections.abc import Callable

import pytest

from minigrad.course import Example

TABLE = """
    name | computed as | value | gradient
    a    | given       | 2     | 15
    x    | 3 * a       | 6     | 3
    y    | a + 1       | 3     | 6
    z    | x * y       | 18    | 1
"""


@pytest.fixture
def record() -> Callable[..., Example]:
    """Makes the record of z = 3 a (a + 1) at a = 2, with lines replaced as asked for."""

    def make(*replaced: tuple[str, str], **options: object) -> Example:
        table = TABLE
        for old, new in replaced:
            assert old in table
            table = table.replace(old, new)
        return Example(**{"title": "Two ways", "source": "A book", "decimals": 2, "table": table, **options})

    return make
