"""The stages of the study: the outfits, what is seen of them, how well that answers, the page."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from minigrad.files import write_array
from models.lookbook.stages import Folders, Stage, about, tell
from models.outfits import page
from models.outfits.baselines import colours, histograms, support_vectors
from models.outfits.dyeing import dyed
from models.outfits.heads import Head, hidden_layer, one_layer, two_towers
from models.outfits.looked_at import looked_at, put_head
from models.outfits.outfits import CLASSES, Outfit, by_rule, read_reported
from models.outfits.settings import Settings
from models.outfits.study import apart, judge, number_of_folds, pairs, scores
from models.outfits.tables import read_labels
from models.outfits.trunks import OWN_SIDE, SIDE, Trunk, own, pretrained
from models.outfits.views import stacked, themselves, views
from models.outfits.wardrobe import Garment, Wardrobe, from_folder, from_products

PICTURES = 400  # drawn, to cut garments from
LOOKED_AT = 8  # photographs that the page shows with what a network looked at
POINTS = 60  # of a curve, at most, in the file of results
LIST = "outfits.json"
PHOTOGRAPH, BESIDE, TOWERS, BOTH = "each photograph", "side by side", "two towers", "both halves"


def collect(settings: Settings) -> tuple[Wardrobe, list[Outfit]]:
    """The outfits that the settings name, with their answers."""
    if settings.reported:
        return read_reported(settings.reported)
    if settings.labels:
        return read_labels(settings.labels)
    wardrobe = wardrobe_of(settings).coloured()
    return worn(wardrobe, by_rule(wardrobe, settings.outfits, settings.rule, settings.seed))


def wardrobe_of(settings: Settings) -> Wardrobe:
    """All garments that the settings name; drawn ones if they name none."""
    if settings.products:
        return from_products(settings.products, settings.garments, settings.seed)
    if settings.folder:
        return from_folder(settings.folder, settings.tops, settings.bottoms, settings.garments, settings.seed)
    return dyed(settings.output, settings.garments or settings.outfits, PICTURES, settings.seed)


def worn(wardrobe: Wardrobe, outfits: list[Outfit]) -> tuple[Wardrobe, list[Outfit]]:
    """The garments that are in outfits alone, and the outfits with their new places."""
    places = sorted({place for outfit in outfits for place in outfit[:2]})
    new = {old: i for i, old in enumerate(places)}
    return wardrobe.subset(places), [
        outfit._replace(top=new[outfit.top], bottom=new[outfit.bottom]) for outfit in outfits
    ]


def make_outfits(settings: Settings, folders: Folders, folder: Path) -> dict[str, Any]:
    wardrobe, outfits = collect(settings)
    text = json.dumps(
        {"source": wardrobe.source, "garments": wardrobe.garments, "outfits": outfits}, indent=1
    )
    (folder / LIST).write_text(text, encoding="utf-8")
    answers = [outfit.label for outfit in outfits]
    number_of_folds(np.array(answers), np.array([outfit.group for outfit in outfits]))  # or it says so now
    by = "a person" if settings.labels or settings.reported else str(settings.rule)
    return {
        "source": wardrobe.source,
        "outfits": len(outfits),
        "harmonious": sum(answers),
        "photographs": len(wardrobe),
        "answers": by,
    }


def read(folder: Path) -> tuple[Wardrobe, list[Outfit]]:
    """What ``make_outfits`` has written."""
    told = json.loads((folder / LIST).read_text(encoding="utf-8"))
    wardrobe = Wardrobe([Garment(*one) for one in told["garments"]], told["source"])
    return wardrobe, [Outfit(*one) for one in told["outfits"]]


def stamp(settings: Settings) -> str:
    """What the outfits depend on besides the settings: photographs, and the table."""
    if settings.reported or settings.labels:
        wardrobe, outfits = collect(settings)
        return wardrobe.stamp() + repr(outfits)
    if settings.products or settings.folder:
        return wardrobe_of(settings).stamp()
    return "drawn"


def stamp_of_weights(settings: Settings) -> str:
    """The size and time of each file of weights in the folder that is named."""
    files = sorted(settings.weights.iterdir()) if settings.weights else []
    return repr([(file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in files])


def beside(images: Any, outfits: list[Outfit]) -> Any:
    """Top and bottom in one picture, each half as wide. Shapes: images (M, S, S, 3); (N, S, S, 3)."""
    side = images.shape[1]
    halves = np.empty((len(images), side, side // 2, 3), np.uint8)
    for i, image in enumerate(images):
        halves[i] = Image.fromarray(image).resize((side // 2, side), Image.Resampling.BILINEAR)
    return np.concatenate([halves[[o.top for o in outfits]], halves[[o.bottom for o in outfits]]], axis=2)


def make_seen(settings: Settings, folders: Folders, folder: Path) -> dict[str, Any]:
    """What the baselines and the networks see, in files NAME.npy."""
    wardrobe, outfits = read(folders["outfits"])
    store = settings.output / "photographs"
    images = wardrobe.images(store, SIDE).data
    write_array(folder / "histogram.npy", histograms(images))
    write_array(folder / "CIELAB.npy", colours(images))
    sizes = {}
    for name in settings.networks:
        if name == "own":
            small = wardrobe.images(store, OWN_SIDE).data
            trunk = own(wardrobe, small, settings.seed)
            looked = small
        else:
            trunk, looked = pretrained(name, settings.weights, settings.padding), images
        parts: dict[str, list[Any]] = {"alone": [], "beside": []}
        for view in views(looked, settings.views, settings.seed):
            for what, pictures in (("alone", view), ("beside", beside(view, outfits))):
                told = _progress(trunk, what)
                parts[what].append(trunk.features(pictures, settings.output / "features", told))
        found = {what: stacked(features) for what, features in parts.items()}
        for what, values in found.items():
            write_array(folder / f"{name}-{what}.npy", values)
        photographs = apart(outfits)
        put_head(trunk, themselves(found["alone"])[photographs.places], photographs.labels, settings.seed)
        some = np.unique(photographs.places)[:: max(1, len(wardrobe) // LOOKED_AT)][:LOOKED_AT]
        answers, heat = looked_at(trunk, looked[some])
        np.savez(folder / f"{name}-looked.npz", places=some, answers=answers, heat=heat)
        sizes[name] = values.shape[-1]
    return {"features": sizes}


def _progress(trunk: Trunk, what: str) -> Any:
    def told(done: int, of: int) -> None:
        if done % 160 == 0 or done == of:
            tell(f"  {trunk.name}, {what}: looked at {done:,} of {of:,}")

    return told


def make_study(settings: Settings, folders: Folders, folder: Path) -> dict[str, Any]:
    """Every way of answering, judged by outfits that it has not learnt from."""
    _, outfits = read(folders["outfits"])
    labels, groups = (np.array([outfit[i] for outfit in outfits]) for i in (2, 3))
    photographs = apart(outfits)
    alone = np.arange(len(photographs.labels))
    seen = folders["seen"]
    rows: list[dict[str, Any]] = []

    def enter(name: str, way: str, cut: str, learner: Any, x: Any) -> None:
        if way == PHOTOGRAPH:
            kept = alone if cut == "photograph" else photographs.groups
            p = judge(learner, x, photographs.labels, kept, settings.repeats, settings.seed)
            found = scores(p, photographs.labels, photographs.groups, settings.seed)
        else:
            p = judge(learner, x, labels, groups, settings.repeats, settings.seed)
            found = scores(p, labels, groups, settings.seed)
        false, true = (np.asarray(side) for side in found.curve)
        some = np.unique(np.linspace(0, len(false) - 1, POINTS).astype(int))
        curve = [false[some].round(4).tolist(), true[some].round(4).tolist()]
        rows.append({"name": name, "looks at": way, "cut by": cut, **found.to_dict(), "curve": curve})
        tell(f"  {name}, {way}, by {cut}: AUC {found['auc']}")

    for name in ("histogram", "CIELAB"):
        values = np.load(seen / f"{name}.npy")
        for cut in ("photograph", "outfit"):
            enter(name, PHOTOGRAPH, cut, support_vectors, values[photographs.places])
        enter(name, BOTH, "outfit", support_vectors, pairs(outfits, values))
    for name in settings.networks:
        values = np.load(seen / f"{name}-alone.npy").astype(np.float64)
        for cut in ("photograph", "outfit"):
            enter(name, PHOTOGRAPH, cut, Head(one_layer), values[photographs.places])
        together = np.load(seen / f"{name}-beside.npy").astype(np.float64)
        enter(name, BESIDE, "outfit", Head(hidden_layer), together)
        enter(name, TOWERS, "outfit", Head(two_towers), pairs(outfits, values))
    text = json.dumps({"rows": rows}, indent=1)
    (folder / "study.json").write_text(text, encoding="utf-8")
    best = max((row for row in rows), key=lambda row: row["scores"]["auc"][0])
    return {"best": f"{best['name']}, {best['looks at']}", "auc": best["scores"]["auc"][0]}


def make_page(settings: Settings, folders: Folders, folder: Path) -> dict[str, Any]:
    """The page, and the figures by themselves."""
    wardrobe, outfits = read(folders["outfits"])
    told = about(folders["outfits"])
    rows = json.loads((folders["study"] / "study.json").read_text(encoding="utf-8"))["rows"]
    images = wardrobe.images(settings.output / "photographs", SIDE).data
    heat = {name: heat_of(folders["seen"], name) for name in settings.networks}
    text = page.render(settings, told, rows, images, outfits, heat)
    (folder / page.HTML).write_text(text, encoding="utf-8")
    figures = {
        **told,
        "views": settings.views,
        "repeats": settings.repeats,
        "seed": settings.seed,
        "rows": rows,
    }
    (folder / page.JSON).write_text(page.compact(figures), encoding="utf-8")
    return {"rows": len(rows)}


def heat_of(seen: Path, name: str) -> list[tuple[int, str, Any]]:
    """Of some photographs: the place in the wardrobe, what the network answers, and the heat over it."""
    with np.load(seen / f"{name}-looked.npz") as file:
        told = zip(file["places"].tolist(), file["answers"].tolist(), file["heat"], strict=True)
        return [(place, CLASSES[answer], heat) for place, answer, heat in told]


OUTFITS = Stage(
    "outfits",
    (
        *("products", "folder", "tops", "bottoms", "reported", "labels", "outfits", "garments", "seed"),
        *("neutral", "related", "opposite"),
    ),
    (),
    make_outfits,
    lambda f: f"{f['outfits']:,} outfits of {f['photographs']:,} photographs, {f['harmonious']:,} harmonious",
    stamp,
)
SEEN = Stage(
    "seen",
    ("networks", "weights", "padding", "views", "seed"),
    ("outfits",),
    make_seen,
    lambda f: ", ".join(f"{name} sees {n} numbers" for name, n in f["features"].items()),
    stamp_of_weights,
)
STUDY = Stage(
    "study",
    ("networks", "repeats", "seed"),
    ("outfits", "seen"),
    make_study,
    lambda f: f"the best is {f['best']}: AUC {f['auc']:.3f}",
)
PAGE = Stage(
    "page",
    ("networks",),
    ("outfits", "seen", "study"),
    make_page,
    lambda f: f"{f['rows']} rows on {page.HTML}",
)
STAGES = (OUTFITS, SEEN, STUDY, PAGE)
