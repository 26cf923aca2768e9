"""Fashion products: a table with commas in names and missing images, and the classes of a column."""

import numpy as np
import pytest

from minigrad.data import FashionProducts
from minigrad.data.fashion.products import COLUMNS
from minigrad.errors import DataError

PIL = pytest.importorskip("PIL.Image")

TABLE = """id,gender,masterCategory,subCategory,articleType,baseColour,season,year,usage,productDisplayName
15970,Men,Apparel,Topwear,Shirts,Navy Blue,Fall,2011,Casual,Turtle Check Men Navy Blue Shirt
7,Women,Apparel,Topwear,Tops,Red,Summer,2012,Casual,Top, red, with a "bow, untied
8,Women,Apparel,Topwear,Tops,Blue,Summer,2012,Casual,"Top, blue"
9,Women,Accessories,Watches,Watches,,Winter,2016,,
10,Men,Apparel,Topwear,Shirts,White,Fall,2011,Formal
eleven,Men,Apparel,Topwear,Shirts,White,Fall,2011,Formal,A shirt
7,Men,Apparel,Topwear,Shirts,White,Fall,2011,Formal,The number of another
12,Men,Footwear,Shoes,Sports Shoes,Black,Fall,2011,Sports,Its image is missing

"""


@pytest.fixture
def shop(tmp_path):
    folder = tmp_path / "fashion-product-images-small"
    (folder / "images").mkdir(parents=True)
    (folder / "styles.csv").write_text(TABLE)
    for number in (15970, 7, 8, 9, 10, 11):
        PIL.new("RGB", (60, 80), (number % 256, 0, 0)).save(folder / "images" / f"{number}.jpg")
    return tmp_path


def test_lines_become_products(shop, capsys):
    data = FashionProducts(shop)
    assert [product.id for product in data.records] == [15970, 7, 8, 9]
    assert data.records[1].productDisplayName == 'Top, red, with a "bow, untied'
    assert data.records[2].productDisplayName == "Top, blue"
    assert data.records[3].baseColour == data.records[3].productDisplayName == ""
    assert data.records[0]._asdict()["baseColour"] == "Navy Blue"
    assert tuple(data.records[0]._fields) == COLUMNS
    assert data.classes == ["Shirts", "Tops", "Watches"] and data.targets.tolist() == [0, 1, 1, 2]
    image, label = data[0]
    assert image.shape == (80, 60, 3) and abs(int(image[0, 0, 0]) - 15970 % 256) < 4 and label == 0
    assert "6 of 10 left out: 3 line, 2 unnamed, 1 missing" in capsys.readouterr().err


def test_what_is_left_out_is_told_with_its_line(shop):
    report = FashionProducts(shop).report
    told = [(damage.file.rsplit("/", 1)[1], damage.reason) for damage in report.damages]
    assert told == [
        ("styles.csv#line 6", "it has 9 values instead of 10"),
        ("styles.csv#line 7", "its id is 'eleven', which is no number"),
        ("styles.csv#line 8", "its id 7 was in line 3 already"),
        ("12.jpg", "styles.csv has it"),
        ("10.jpg", "no line of styles.csv that is right has it"),
        ("11.jpg", "no line of styles.csv that is right has it"),
    ]


def test_a_number_that_no_product_has(shop):
    with (shop / "fashion-product-images-small" / "styles.csv").open("a") as table:
        table.write("9" * 5000 + ",Men,Apparel,Topwear,Shirts,White,Fall,2011,Formal,A shirt\n")
    last = [damage for damage in FashionProducts(shop).report.damages if damage.kind == "line"][-1]
    assert last.reason == f"its id is '{'9' * 40}', which is no number"


def test_other_columns_and_their_distribution(shop):
    data = FashionProducts(shop / "fashion-product-images-small", "gender")
    assert data.classes == ["Men", "Women"]
    assert data.distribution().counts == {"Women": 3, "Men": 1}
    assert data.distribution("articleType").counts == {"Tops": 2, "Shirts": 1, "Watches": 1}
    with pytest.raises(ValueError, match="'colour'"):
        FashionProducts(shop, "colour")


def test_the_table_of_another_system(shop):
    """With a byte order mark, and lines that end as in Windows."""
    path = shop / "fashion-product-images-small" / "styles.csv"
    path.write_bytes(b"\xef\xbb\xbf" + TABLE.replace("\n", "\r\n").encode())
    assert [product.id for product in FashionProducts(shop).records] == [15970, 7, 8, 9]


def test_in_the_cache(shop, monkeypatch):
    monkeypatch.setenv("MINIGRAD_DATA", str(shop))
    assert len(FashionProducts()) == 4


def test_no_such_set(shop, tmp_path):
    with pytest.raises(DataError, match=r"no styles\.csv .*MINIGRAD_DATA"):
        FashionProducts(tmp_path / "elsewhere")
    folder = shop / "fashion-product-images-small"
    (folder / "styles.csv").write_text("name,size\na,1\n")
    with pytest.raises(DataError, match=r"styles\.csv: expected a table with the columns id, .*'name,size'"):
        FashionProducts(shop)
    columns = TABLE.partition("\n")[0]
    (folder / "styles.csv").write_text(f'{columns}\n7,Men,"Apparel\n')  # the quotation has no end
    with pytest.raises(DataError, match=r"none of its 1 lines is right; .* 3 values instead of 10\. Get it"):
        FashionProducts(shop)
    (folder / "styles.csv").write_text(columns)
    with pytest.raises(DataError, match=r"none of its 0 lines is right.* Get it"):
        FashionProducts(shop)
    (folder / "styles.csv").unlink()
    (folder / "styles.csv").mkdir()
    with pytest.raises(DataError, match=r"styles\.csv: cannot be read \(Is a directory\)\. Put the table"):
        FashionProducts(shop)
    (folder / "styles.csv").rmdir()
    (folder / "styles.csv").write_text(TABLE)
    for image in (folder / "images").iterdir():
        image.unlink()
    with pytest.raises(DataError, match="none of the 5 images"):
        FashionProducts(shop)
    (folder / "images").rmdir()
    with pytest.raises(DataError, match="cannot be looked into"):
        FashionProducts(shop)


def test_the_real_table(real):
    if not (real / "fashion-product-images-small").is_dir():
        pytest.skip("no fashion products there")
    data = FashionProducts(real)
    counts = data.distribution()
    assert len(data) + len(data.report) >= 25_000 and not data.report.counts().get("line")
    assert 130 <= len(counts) <= 143
    # The report's figure 4: these are the most frequent, in its order.
    assert list(counts.counts)[:5] == ["Tshirts", "Shirts", "Casual Shoes", "Watches", "Sports Shoes"]
    images = [data[i][0] for i in range(0, len(data), len(data) // 50)]
    assert {image.shape[2] for image in images} == {3}
    assert np.mean([image[0].mean() for image in images]) > 200  # on white
