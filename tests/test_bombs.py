"""Files that claim, or hold, far more than their readers want are refused before memory is taken for them."""

import os
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from minigrad.course.folder import Folder
from minigrad.data.fashion.annotation import read_annotation
from minigrad.data.fashion.products import COLUMNS, read_styles
from minigrad.data.photos import CachedImages, Damaged, DamageReport
from minigrad.errors import CourseError, DataError
from minigrad.files import SMALL, read_small
from minigrad.train import History
from models.lookbook.presets import read_presets
from models.outfits.tables import read_table

MEGABYTE = 1 << 20


@contextmanager
def at_most(megabytes: float) -> Iterator[None]:
    """What is done inside takes no more memory than this at any time."""
    tracemalloc.start()
    try:
        yield
        peak = tracemalloc.get_traced_memory()[1] / MEGABYTE
    finally:
        tracemalloc.stop()
    assert peak < megabytes, f"{peak:.1f} MB"


def _annotation(path: Path) -> Any:
    return read_annotation(path, DamageReport())


def _cache(path: Path) -> Any:
    return CachedImages(path.parent)


def _progress(path: Path) -> Any:
    return Folder(path.parent)


Reader = tuple[str, Callable[[Path], Any], type[Exception]]
JSON: list[Reader] = [
    ("000001.json", _annotation, Damaged),
    ("about.json", _cache, DataError),
    ("progress.json", _progress, CourseError),
    ("history.json", History.read_json, DataError),
    ("presets.json", read_presets, DataError),
]
TABLES: list[Reader] = [("styles.csv", read_styles, DataError), ("labels.csv", read_table, DataError)]


@pytest.mark.parametrize(("name", "read", "error"), [*JSON, *TABLES])
def test_a_text_of_a_terabyte(tmp_path: Path, name: str, read: Callable[[Path], Any], error: Any) -> None:
    (tmp_path / name).touch()
    os.truncate(tmp_path / name, 1 << 40)
    with at_most(2), pytest.raises(error, match=str(tmp_path)):
        read(tmp_path / name)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="a system without it")
def test_a_text_without_end(tmp_path: Path) -> None:
    (tmp_path / "endless").symlink_to("/dev/zero")  # its size is said to be 0
    with (
        at_most(3),
        pytest.raises(DataError, match=r"endless: has more than 1,048,576 bytes, .*Check what it is"),
    ):
        read_small(tmp_path / "endless", MEGABYTE)


@pytest.mark.parametrize("size", [0, 1, 99, 100])
def test_a_text_of_the_largest_size_is_read(tmp_path: Path, size: int) -> None:
    (tmp_path / "text").write_bytes(b"x" * size)
    assert read_small(tmp_path / "text", 100) == b"x" * size
    (tmp_path / "text").write_bytes(b"x" * 101)
    with pytest.raises(DataError, match="more than 100 bytes"):
        read_small(tmp_path / "text", 100)
    assert SMALL == 1 << 26


@pytest.mark.parametrize(
    "value", ["9" * 10_000_000, "[" * 100_000, '{"a":' * 100_000], ids=["digits", "lists", "objects"]
)
@pytest.mark.parametrize(("name", "read", "error"), JSON)
def test_json_that_is_too_long_or_too_deep(
    tmp_path: Path, name: str, read: Callable[[Path], Any], error: Any, value: str
) -> None:
    (tmp_path / name).write_text(value)
    with at_most(100), pytest.raises(error, match=str(tmp_path)) as caught:
        read(tmp_path / name)
    assert len(str(caught.value)) < 1000


def test_a_field_without_end_of_a_products_line(tmp_path: Path) -> None:
    field = 5 * MEGABYTE * "x"
    table = (
        f'{",".join(COLUMNS)}\n{field}\n"{field}\n7,Women,Apparel,Topwear,Tops,Red,Summer,2012,Casual,Top\n'
    )
    (tmp_path / "styles.csv").write_text(table)
    with at_most(100):
        products, report = read_styles(tmp_path / "styles.csv")
    assert [product.id for product in products] == [7]
    assert [damage.reason for damage in report.damages] == ["it has 1 values instead of 10"] * 2


def test_a_field_without_end_of_a_table_of_answers(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text(f'top,bottom,answer\n"{10 * MEGABYTE * "x"}",b,1\n')
    with at_most(100), pytest.raises(DataError, match=r"labels\.csv: cannot be read \(field larger.*Mend it"):
        read_table(tmp_path / "labels.csv")
