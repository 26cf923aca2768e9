"""Weights that others have trained for the networks of models/: from their publisher, or from a file.

    from minigrad.weights import load_pretrained
    from models.resnet import resnet18

    model = resnet18()
    model.load_state_dict(load_pretrained("resnet18"))
    model.eval()

What the network was trained with is in ``PRETRAINED``: images scaled to [0, 1], their shorter side resized to
``resize``, the square of ``size`` in their middle cut out, then (x - mean) / std for each colour.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from minigrad.data.catalogue import KnownSet, StoredFile
from minigrad.data.download import Remote, difference, fetch
from minigrad.data.places import cache_folder, is_there
from minigrad.errors import DataError
from minigrad.serialization import load
from minigrad.tensor import Tensor

__all__ = ["PRETRAINED", "Pretrained", "known_weights", "load_pretrained"]

_FOLDER = "weights"  # in the cache
_TORCHVISION = "https://download.pytorch.org/models/"
_ENDINGS = (".safetensors", ".pth", ".pt")


@dataclass(frozen=True)
class Pretrained:
    """Weights that a publisher offers, and what they want.

    Attributes:
        name: of the weights, and of the network's builder in models/.
        remote: the file. source: the address of its folder.
        parameters: how many numbers were learnt.
        accuracy: the share of ImageNet's 50,000 validation images that the publisher found right.
        size: of the images. resize: their shorter side before the square is cut out.
        mean, std: of each colour, red, green, blue, of values within [0, 1].
    """

    name: str
    remote: Remote
    parameters: int
    accuracy: float
    source: str = _TORCHVISION
    size: int = 224
    resize: int = 256
    mean: tuple[float, float, float] = (0.485, 0.456, 0.406)
    std: tuple[float, float, float] = (0.229, 0.224, 0.225)

    @property
    def page(self) -> str:
        """Where its publisher tells about it: how it was trained, and on what terms it is given."""
        return f"https://docs.pytorch.org/vision/stable/models/generated/torchvision.models.{self.name}.html"


def _known(*weights: Pretrained) -> Mapping[str, Pretrained]:
    return MappingProxyType({one.name: one for one in weights})


PRETRAINED = _known(
    Pretrained(
        "resnet18",
        Remote(
            "resnet18-f37072fd.pth",
            46_830_571,
            "f37072fd47e89c5e827621c5baffa7500819f7896bbacec160b1a16c560e07ec",
        ),
        11_689_512,
        0.69758,
    ),
    Pretrained(
        "resnet34",
        Remote(
            "resnet34-b627a593.pth",
            0,
            "b627a593bcbe140c234610266fe4f8ae95ea42fc881d091c9b6052e6b1d0590f",
        ),
        21_797_672,
        0.73314,
    ),
    # Of the others PyTorch says in the file's name how its sha256 begins.
    Pretrained("resnet50", Remote("resnet50-0676ba61.pth", 0, "0676ba61"), 25_557_032, 0.76130),
    Pretrained(
        "efficientnet_b0",
        Remote(
            "efficientnet_b0_rwightman-7f5810bc.pth",
            21_444_401,
            "7f5810bc96def8f7552d5b7e68d53c4786f81167d28291b21c0d90e1fca14934",
        ),
        5_288_548,
        0.77692,
    ),
    Pretrained("vgg11", Remote("vgg11-8a719046.pth", 0, "8a719046"), 132_863_336, 0.69020),
    Pretrained(
        "vgg16",
        Remote(
            "vgg16-397923af.pth",
            0,
            "397923af8e79cdbb6a7127f12361acd7a2f83e06b05044ddf496e83de57a5bf0",
        ),
        138_357_544,
        0.71592,
    ),
)
"""By name: those for ImageNet's thousand classes that torchvision publishes as IMAGENET1K_V1."""


def load_pretrained(
    weights: str | os.PathLike[str], *, folder: str | os.PathLike[str] | None = None, progress: bool = True
) -> dict[str, Tensor]:
    """The state_dict of weights that others have trained: ``model.load_state_dict(load_pretrained(...))``.

    Args:
        weights: a name of ``PRETRAINED``, whose file is fetched from the publisher, checked and kept; or the
            path of a .safetensors, .pth or .pt file. What stands in a .pth file is not run.
        folder: where the publisher's file lies, or goes; by default "weights" in the cache, which the
            variable MINIGRAD_DATA names.
        progress: whether to show a bar while it is fetched.

    Raises:
        ValueError: no weights of this name are known.
        FileNotFoundError: there is no file of this path.
        DownloadError: it cannot be fetched. DataError: it is damaged, or not a state_dict.
    """
    named = os.fspath(weights)
    if named in PRETRAINED:
        known = PRETRAINED[named]
        place = cache_folder() / _FOLDER if folder is None else Path(folder)
        path = place / known.remote.name
        if not is_there(path):
            path = fetch(known.remote, (known.source,), place, progress=progress)
    elif named.endswith(_ENDINGS) or os.path.exists(named):
        path = Path(named)
    else:
        raise ValueError(
            f"load_pretrained: no weights are called {named!r}. Known are {', '.join(PRETRAINED)}; or give "
            f"the path of a file that ends with {', '.join(_ENDINGS)}."
        )
    try:
        return _state_dict(path, load(path))
    except DataError as error:
        if named not in PRETRAINED:
            raise
        again = f"minigrad data repair {named}" if folder is None else f"remove {path}, and call it again"
        raise DataError(f"{error} To fetch the publisher's file again: {again}.") from error


def known_weights() -> list[KnownSet]:
    """The weights of PRETRAINED as ``minigrad data`` lists, fetches, verifies and repairs them."""
    return [_known_set(one) for one in PRETRAINED.values()]


def _known_set(one: Pretrained) -> KnownSet:
    remote = one.remote

    def check(path: Path) -> None:
        if problem := difference(path, remote):
            raise DataError(f"{path} {problem}.")

    def fetch_into(root: Path, progress: bool) -> None:
        fetch(remote, (one.source,), root / _FOLDER, progress=progress)

    return KnownSet(
        name=one.name,
        title=one.name,
        contents=f"{one.parameters:,} weights for ImageNet's classes, {one.accuracy:.1%} right",
        licence="as its page says",
        page=one.page,
        folder=_FOLDER,
        elsewhere=None,
        sources=(one.source,),
        remotes=(remote,),
        files=(StoredFile(remote.name, remote.size, check),),
        fetch_into=fetch_into,
        about=0 if remote.size else 4 * one.parameters,
        shares_folder=True,
    )


def _state_dict(path: Path, loaded: Any) -> dict[str, Tensor]:
    """What a file holds, if it is a flat dict of tensors."""
    if isinstance(loaded, dict) and loaded and all(isinstance(value, Tensor) for value in loaded.values()):
        return loaded
    found = f"a {type(loaded).__name__}"
    if isinstance(loaded, dict):
        found = f"a dict of {', '.join(map(str, list(loaded)[:8]))}" if loaded else "an empty dict"
    raise DataError(
        f"{path}: expected a state_dict, names and tensors, got {found:.200}. If the state_dict is a part "
        "of it, take it out: mg.load(path)[...]."
    )
