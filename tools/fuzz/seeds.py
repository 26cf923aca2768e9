"""The seeds, made anew: small files of every format that is read.

python -m tools.fuzz.seeds

They are committed, so that inputs stay the same where another release of a library writes other bytes.
"""

import io
import json
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

import minigrad as mg
from minigrad import train
from minigrad.course.grading import worker
from tests.serialization.pytorch import handmade
from tools.fuzz import repairing, tensors
from tools.fuzz.answers import KEY, PORT
from tools.fuzz.target import SEEDS

Files = dict[str, bytes]


def idx() -> Files:
    images = np.arange(24, dtype=np.uint8).tobytes()
    return {
        "images": b"\0\0\x08\x03" + b"".join(n.to_bytes(4, "big") for n in (2, 3, 4)) + images,
        "labels": b"\0\0\x08\x01\0\0\0\x05" + bytes(range(5)),
        "floats": b"\0\0\x0d\x01\0\0\0\x02" + np.array([1.5, -2], ">f4").tobytes(),
    }


def cifar(labels: bytes) -> Files:
    return {"records": labels + bytes(3072)}


def deepfashion2() -> Files:
    item = {
        "category_id": 7,
        "category_name": "shorts",
        "style": 1,
        "bounding_box": [1, 2, 30, 40],
        "landmarks": [5, 6, 2] * 10,
        "segmentation": [[1, 1, 9, 1, 9, 9]],
        "scale": 3,
        "occlusion": 2,
        "zoom_in": 1,
        "viewpoint": 2,
    }
    whole = {"source": "user", "pair_id": 1, "item1": item}
    two = {"source": "shop", "pair_id": 12, "item1": item, "item2": item | {"style": 0, "segmentation": []}}
    return {"one": json.dumps(whole).encode(), "two": json.dumps(two).encode()}


def styles() -> Files:
    head = (
        "id,gender,masterCategory,subCategory,articleType,baseColour,season,year,usage,productDisplayName\n"
    )
    lines = (
        "15970,Men,Apparel,Topwear,Shirts,Navy Blue,Fall,2011,Casual,A navy shirt\n",
        '39386,Men,Apparel,Bottomwear,Jeans,Blue,Summer,2012,Casual,"Jeans, blue, ""slim"""\n',
        "59263,Women,Accessories,Watches,Watches,Silver,Winter,2016,Casual,A watch, for women\n",
    )
    return {"styles": (head + "".join(lines)).encode(), "marked": ("\ufeff" + head + lines[0]).encode()}


def photo() -> Files:
    pixels = np.random.default_rng(0).integers(0, 256, (6, 8, 4), np.uint8)
    coloured, transparent = Image.fromarray(pixels[..., :3]), Image.fromarray(pixels)
    exif = Image.Exif()
    exif[0x0112] = 6
    files = {
        "jpeg": _picture(coloured, "JPEG", exif=exif, quality=50),
        "progressive": _picture(coloured, "JPEG", progressive=True, quality=30),
        "png": _picture(transparent, "PNG"),
        "png16": _picture(Image.fromarray(pixels[..., 0].astype(np.uint16) * 257), "PNG"),
        "palette": _picture(coloured.quantize(4), "PNG"),
        "tiff": _picture(coloured, "TIFF", compression="packbits"),
    }
    plain = {name.lower(): _picture(coloured, name) for name in ("WEBP", "BMP", "GIF", "PPM")}
    return files | plain


def _picture(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def zipped() -> Files:
    found = {}
    for name, packing in (("stored", zipfile.ZIP_STORED), ("deflated", zipfile.ZIP_DEFLATED)):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", packing) as archive:
            for member, content in (("a.txt", b"eight by"), ("images/b.jpg", bytes(40))):
                archive.writestr(zipfile.ZipInfo(member), content, packing)
        found[name] = file.getvalue()
    return found


def tarred(members: dict[str, bytes], form: int) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=form) as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return file.getvalue()[: 512 * (2 + 4 * len(members))]  # without most of the zeros at its end


def tar() -> Files:
    members = {"a.txt": b"eight by", "images/b.jpg": bytes(40)}
    long = {"a" * 120: b"of a long name"}
    return {
        "pax": tarred(members, tarfile.PAX_FORMAT),
        "gnu": tarred(long, tarfile.GNU_FORMAT),
        "pax_long": tarred(long, tarfile.PAX_FORMAT),
    }


def members() -> Files:
    right = {"set/labels.bin": bytes(range(40)), "set/names.txt": b"cat\ndog\n\n"}
    return {
        "right": tarred(right, tarfile.GNU_FORMAT),
        "more": tarred(right | {"set/c": b""}, tarfile.PAX_FORMAT),
    }


def cache() -> Files:
    about = {
        "format": 2,
        "shape": [2, 4, 3, 3],
        "resize": {"height": 4, "width": 3, "fit": "crop", "fill": [255, 255, 255], "upright": False},
        "classes": ["dress", "shoes"],
        "crc32": zlib.crc32(bytes(range(72))),
        "source": "a folder",
        "damages": [["c.jpg", "truncated", "the picture is truncated"]],
    }
    numbers = {name: io.BytesIO() for name in ("1targets.npy", "2rows.npy")}
    np.save(numbers["1targets.npy"], np.array([1, 0], np.int64))
    np.save(numbers["2rows.npy"], np.array([0, 2], np.int64))
    files = {"0about.json": json.dumps(about).encode(), "3images.bin": bytes(range(72))}
    files |= {name: file.getvalue() for name, file in numbers.items()}
    return {name[1:]: name[:1].encode() + content for name, content in files.items()}


def journal() -> Files:
    lines = [[[0, 1], [["c.jpg", "truncated", "cut off"]], 305419896], [[3], [], 1]]
    return {"two": "".join(json.dumps(line) + "\n" for line in lines).encode()}


ARRAYS = {"w": np.arange(6, dtype=np.float32).reshape(2, 3), "b": np.array([1, -1], np.int64)}


def safetensors() -> Files:
    nested = {"step": 3, "groups": [{"lr": 0.1, "names": ("w", None)}], "w": mg.tensor([1.0, 2.0])}
    return {"flat": _saved({k: mg.tensor(v) for k, v in ARRAYS.items()}), "nested": _saved(nested)}


def _saved(value: object) -> bytes:
    file = io.BytesIO()
    mg.save(value, file)
    return file.getvalue()


def pth() -> Files:
    return {"new": handmade.new_file(ARRAYS), "pickle": handmade.state_dict(ARRAYS)}


def pth_old() -> Files:
    return {"old": handmade.old_file(ARRAYS)}


def checkpoint() -> Files:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "run.safetensors")
        tensors.small_training(callbacks=[train.Checkpoint(path)])
        return {"whole": path.read_bytes()}


def history() -> Files:
    kept = train.History()
    kept.append({"loss": 0.5, "val_loss": 0.75}, 1.5)
    kept.append({"loss": 0.25, "val_loss": float("nan")}, 1.25)
    return {"two": json.dumps(kept.state_dict()).replace("NaN", "null").encode()}


def labels() -> Files:
    lines = "top,bottom,label\ntops/a.jpg,bottoms/c.jpg,harmonious\ntops/b.jpg,bottoms/c.jpg,clashing\n"
    return {"two": lines.encode(), "skipped": (lines + "tops/a.jpg,bottoms/d.jpg,skip\n").encode()}


def requests() -> Files:
    host = f"HTTP/1.1\r\nHost: 127.0.0.1:{PORT}\r\n"
    body = json.dumps({"pair": 0, "answer": "harmonious", "instead": None})
    return {
        "page": f"GET /?key={KEY} {host}\r\n".encode(),
        "photograph": f"GET /photograph/1?key={KEY} {host}\r\n".encode(),
        "answer": f"POST /answer?key={KEY} {host}Content-Length: {len(body)}\r\n\r\n{body}".encode(),
    }


def progress() -> Files:
    record = {"solved": "2026-11-28", "tries": 3, "hints": 1, "shown": False}
    kept = {"format": 1, "exercises": {"tanh_rule": record, "one_that_is_gone": {"tries": 1, "mark": "A"}}}
    return {"two": json.dumps(kept | {"teacher": "kept"}).encode()}


def presets() -> Files:
    return {
        "two": json.dumps({"Rainy day": ["jacket", "Jeans / Trousers"], "Home": ["top", "skirt"]}).encode()
    }


def submission() -> Files:
    right = "def tanh_rule(dy, y):\n    return dy * (1 - y**2)\n"
    wrong = 'import numpy as np\n\n\ndef tanh_rule(dy, y):\n    """é"""\n    return np.multiply(dy, 1 - y)\n'
    return {
        "right": right.encode(),
        "wrong": wrong.encode(),
        "stub": b"def tanh_rule(dy, y):\n    raise NotImplementedError\n",
    }


def frame() -> Files:
    values = {
        "ok": [1, 2.5, "text", None, (True, {"a": 1})],
        "arguments": (np.arange(3.0), np.array(["a", "bc"])),
    }
    return {"result": worker.encode(values), "error": worker.encode({"error": "ValueError", "line": 3})}


SEEDERS: dict[str, Callable[[], Files]] = {
    "idx": idx,
    "idx-gz": lambda: idx() | {"packed": repairing.packed(idx()["images"])},
    "cifar-10": lambda: cifar(b"\x07"),
    "cifar-100": lambda: cifar(b"\x12\x63"),
    "deepfashion2": deepfashion2,
    "styles": styles,
    "photo": photo,
    "zip": zipped,
    "tar": tar,
    "tar-gz": lambda: {"packed": repairing.packed(tar()["pax"]), "plain": tar()["gnu"]},
    "members": lambda: members() | {"packed": repairing.packed(members()["right"])},
    "cache": cache,
    "journal": journal,
    "safetensors": safetensors,
    "pth": pth,
    "pth-old": pth_old,
    "checkpoint": checkpoint,
    "history": history,
    "labels": labels,
    "requests": requests,
    "progress": progress,
    "presets": presets,
    "submission": submission,
    "frame": frame,
    "grade": submission,
}


def main() -> None:
    for name, make in SEEDERS.items():
        folder = SEEDS / name
        folder.mkdir(parents=True, exist_ok=True)
        for file, content in make().items():
            (folder / file).write_bytes(content)


if __name__ == "__main__":
    main()
