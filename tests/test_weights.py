"""Trained weights: fetched, checked, kept, or read from a file; and the published ones, where they are."""

import hashlib
import os
import re
from pathlib import Path

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn, weights
from minigrad.commands import data, main
from minigrad.data.download import Remote
from minigrad.errors import DataError, DownloadError
from minigrad.weights import PRETRAINED, Pretrained, load_pretrained
from models.efficientnet import efficientnet_b0
from models.resnet import resnet18
from tests.data.conftest import serve  # noqa: F401 (a fixture)
from tests.serialization.pytorch import handmade

STATE = {"weight": np.arange(6, dtype=np.float32).reshape(2, 3), "bias": np.ones(2, np.float32)}


def same(state):
    return list(state) == list(STATE) and all(np.array_equal(state[key].numpy(), STATE[key]) for key in STATE)


@pytest.fixture
def published(serve, tmp_path, monkeypatch):  # noqa: F811
    """A publisher on this machine, who has "small": the paths that it was asked for."""
    content = handmade.new_file(STATE)
    (tmp_path / "publisher").mkdir()
    (tmp_path / "publisher" / "small-0.pth").write_bytes(content)
    url, asked = serve(tmp_path / "publisher")
    remotes = {
        "small": Remote("small-0.pth", len(content), hashlib.sha256(content).hexdigest()),
        "short": Remote("small-0.pth", 0, hashlib.sha256(content).hexdigest()[:8]),
        "other": Remote("small-0.pth", 0, "0" * 8),
    }
    known = {name: Pretrained(name, remote, 8, 0.5, source=url) for name, remote in remotes.items()}
    monkeypatch.setattr(weights, "PRETRAINED", known)
    monkeypatch.setenv("MINIGRAD_DATA", str(tmp_path / "cache"))
    return asked


def test_the_publishers_file_is_fetched_once(published, tmp_path):
    assert same(load_pretrained("small", progress=False))
    assert [path.name for path in (tmp_path / "cache" / "weights").iterdir()] == ["small-0.pth"]
    assert same(load_pretrained("small", progress=False))
    assert published == ["/small-0.pth"]


def test_a_checksum_may_be_its_first_digits_and_the_size_the_servers(published, tmp_path, capsys):
    assert same(load_pretrained("short", folder=tmp_path / "here"))
    assert (tmp_path / "here" / "small-0.pth").exists()
    assert "small-0.pth: 100%" in capsys.readouterr().err


def test_a_wrong_file_is_not_kept(published, tmp_path):
    with pytest.raises(
        DataError, match=r"small-0\.pth: the file that came has sha256 [0-9a-f]{64}, not 00000000"
    ):
        load_pretrained("other", progress=False)
    assert list((tmp_path / "cache" / "weights").iterdir()) == []


def test_a_publisher_who_cannot_be_reached(monkeypatch, tmp_path):
    one = Pretrained("far", Remote("far.pth", 1, "0" * 64), 1, 0.5, source="http://127.0.0.1:1/")
    monkeypatch.setattr(weights, "PRETRAINED", {"far": one})
    with pytest.raises(DownloadError, match=r"far\.pth: could not be fetched.*put it into .*here"):
        load_pretrained("far", folder=tmp_path / "here", progress=False)


@pytest.mark.parametrize("name", ["w.pth", "w.pt", "w.safetensors", "w"])
def test_a_file_of_ones_own(tmp_path, name):
    path = tmp_path / name
    if name.endswith(("pth", "pt")):
        path.write_bytes(handmade.new_file(STATE))
    else:
        mg.save({key: mg.tensor(value) for key, value in STATE.items()}, path)
    assert same(load_pretrained(path)) and same(load_pretrained(str(path)))
    layer = nn.Linear(3, 2)
    layer.load_state_dict(load_pretrained(path))
    assert layer(mg.ones(1, 3)).tolist() == [[0 + 1 + 2 + 1, 3 + 4 + 5 + 1]]


def test_what_is_missing_unexpected_or_misshapen_is_listed(tmp_path):
    mg.save({"weight": mg.zeros(3, 2), "scale": mg.zeros(1)}, tmp_path / "w.safetensors")
    with pytest.raises(RuntimeError) as caught:
        nn.Linear(3, 2).load_state_dict(load_pretrained(tmp_path / "w.safetensors"))
    for part in ('Missing key(s) in state_dict: "bias"', 'Unexpected key(s) in state_dict: "scale"',
                 "size mismatch for weight: the state_dict has shape (3, 2), the model (2, 3)"):  # fmt: skip
        assert part in str(caught.value)


def test_errors_say_what_there_is(tmp_path):
    with pytest.raises(
        ValueError, match=r"no weights are called 'resnet19'\. Known are resnet18, .*vgg16; or give"
    ):
        load_pretrained("resnet19")
    with pytest.raises(FileNotFoundError, match=r"no file '.*none\.pth'"):
        load_pretrained(tmp_path / "none.pth")
    mg.save({"epoch": 3, "model": {"weight": mg.zeros(2)}}, tmp_path / "c.safetensors")
    with pytest.raises(
        DataError, match=r"c\.safetensors: expected a state_dict, .* got a dict of epoch, model"
    ):
        load_pretrained(tmp_path / "c.safetensors")


# In the list of ``minigrad data``.


def lines(capsys, *arguments):
    """The exit status, and what is printed of the weights."""
    status = main(["data", *arguments])
    said = capsys.readouterr()
    return status, said.out.splitlines(), said.err


def test_minigrad_data_lists_fetches_verifies_and_repairs_weights(published, tmp_path, capsys, monkeypatch):
    folder = tmp_path / "cache" / "weights"
    file = folder / "small-0.pth"
    monkeypatch.setattr(weights, "PRETRAINED", {"small": weights.PRETRAINED["small"]})
    status, said, _ = lines(capsys, "list", "small")
    assert status == 0 and said[:2] == [
        "small: 8 weights for ImageNet's classes, 50.0% right",
        "    not here; 0.0 MB to fetch",
    ]
    assert lines(capsys, "verify", "small")[0] == 1
    assert lines(capsys, "fetch", "small")[:2] == (0, [f"small: fetched into {folder}"])
    assert same(load_pretrained("small")) and published == ["/small-0.pth"]
    status, said, _ = lines(capsys, "list")
    text = " ".join(" ".join(said).split())  # lines are broken at a terminal's width
    assert (
        f"small: 8 weights for ImageNet's classes, 50.0% right lies in {folder} takes 0.0 MB in {folder}"
        in text
    )
    assert lines(capsys, "verify", "small")[:2] == (0, [f"small: every file is right, in {folder}"])

    content = bytearray(file.read_bytes())
    content[-40] ^= 1
    file.write_bytes(content)
    status, said, _ = lines(capsys, "verify", "small")
    assert status == 1 and re.fullmatch(
        rf"small: small-0\.pth is bad\. {re.escape(str(file))} has sha256 \w+, not \w+\.", said[0]
    )
    assert said[1:] == ["small: to put it right: minigrad data repair small"]
    assert lines(capsys, "repair", "small")[:2] == (0, [f"small: fetched again: small-0.pth, in {folder}"])
    assert same(load_pretrained("small"))


def test_what_is_not_named_is_not_fetched(published, tmp_path, capsys, monkeypatch):
    """Weights are large: without a name ``fetch`` has data sets alone, ``repair`` what was fetched before."""
    monkeypatch.setattr(data, "catalogue", list)
    for action in ("fetch", "verify", "repair"):
        assert lines(capsys, action)[0] == 0
    assert published == [] and not (tmp_path / "cache" / "weights").exists()
    load_pretrained("small", progress=False)
    assert [one.begun() for one in weights.known_weights()] == [True, True, True]  # one file, three names
    monkeypatch.setattr(weights, "PRETRAINED", {"small": weights.PRETRAINED["small"], "other": OTHER})
    assert [one.begun() for one in weights.known_weights()] == [True, False]
    folder = tmp_path / "cache" / "weights"
    assert lines(capsys, "verify")[1] == [f"small: every file is right, in {folder}"]
    (folder / "small-0.pth").write_bytes(b"")
    (folder / "other-1.pth.part").write_bytes(bytes(7))
    assert [one.disk_use() for one in weights.known_weights()] == [0, 7]


OTHER = Pretrained("other", Remote("other-1.pth", 9, "1" * 8), 8, 0.5, source="http://127.0.0.1:1/")


def test_what_is_about_to_be_fetched_is_told_where_the_publisher_does_not():
    known = {one.name: one for one in weights.known_weights()}
    assert list(known) == list(PRETRAINED)
    assert known["resnet18"].to_fetch == 46_830_571 and not known["resnet18"].about
    assert known["vgg16"].to_fetch == known["vgg16"].about == 4 * 138_357_544


def test_a_damaged_file_in_the_cache_is_told_with_what_to_do(published, tmp_path):
    load_pretrained("small", progress=False)
    file = tmp_path / "cache" / "weights" / "small-0.pth"
    file.write_bytes(file.read_bytes()[:-30])
    with pytest.raises(DataError, match=r"truncated or damaged.* again: minigrad data repair small\.$"):
        load_pretrained("small")
    with pytest.raises(DataError, match=r"again: remove .*small-0\.pth, and call it again\.$"):
        load_pretrained("small", folder=file.parent)
    with pytest.raises(DataError, match=r"Save or download it again\.$"):
        load_pretrained(file)


def test_the_table_agrees_with_the_files_names():
    """PyTorch puts the first digits of a file's sha256 into its name."""
    for name, one in PRETRAINED.items():
        assert one.name == name and one.remote.algorithm == "sha256"
        assert one.remote.checksum.startswith(one.remote.name.rpartition("-")[2].removesuffix(".pth"))


# The guide.

ROOT = Path(__file__).parents[1]
GUIDE = (ROOT / "docs/guides/weights.md").read_text(encoding="utf-8")


def test_the_guides_programs_run(tmp_path, monkeypatch, capsys):
    mg.manual_seed(0)
    state = {name: value.numpy() for name, value in resnet18().state_dict().items()}
    (tmp_path / "cache" / "weights").mkdir(parents=True)
    file = tmp_path / "cache" / "weights" / PRETRAINED["resnet18"].remote.name
    file.write_bytes(handmade.new_file(state))  # it was fetched before
    monkeypatch.setenv("MINIGRAD_DATA", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    scope: dict[str, object] = {}
    blocks = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
    assert len(blocks) == 5
    for block in blocks:
        if "onnx" in block:
            pytest.importorskip("onnx")
        exec(compile(block, "weights.md", "exec"), scope)
    said = capsys.readouterr().out
    assert "size mismatch for fc.weight: the state_dict has shape (2, 512), the model (1000, 512)" in said


def test_the_guides_links_lead_somewhere():
    for target in re.findall(r"\]\(([^)]+)\)", GUIDE):
        assert target.startswith("https://") or (ROOT / "docs/guides" / target).exists(), target


# With the published weights themselves, or others of these names, in the folder that MINIGRAD_WEIGHTS names:
# resnet18.pth, efficientnet_b0.pth, each as .safetensors, too, and reference_logits.npz, PyTorch's logits for
# `stated_input`.

FOLDER = Path(os.environ.get("MINIGRAD_WEIGHTS", "nowhere"))
real = pytest.mark.skipif(not FOLDER.is_dir(), reason="MINIGRAD_WEIGHTS names no folder")
NETWORKS = {"resnet18": (resnet18, {}), "efficientnet_b0": (efficientnet_b0, {"padding": "same"})}


def stated_input():
    """x[i] = sin(0.017 i) + cos(0.0031 i)"""
    i = np.arange(3 * 224 * 224, dtype=np.float64)
    return (np.sin(0.017 * i) + np.cos(0.0031 * i)).reshape(1, 3, 224, 224).astype(np.float32)


@real
@pytest.mark.parametrize("ending", ["pth", "safetensors"])
@pytest.mark.parametrize("name", NETWORKS)
def test_logits_are_pytorchs(name, ending):
    build, options = NETWORKS[name]
    model = build(**options)
    assert sum(p.numel() for p in model.parameters()) == PRETRAINED[name].parameters
    model.load_state_dict(load_pretrained(FOLDER / f"{name}.{ending}"))
    model.eval()
    with mg.no_grad():
        ours = model(mg.tensor(stated_input())).numpy()
    reference = np.load(FOLDER / "reference_logits.npz")[name]
    assert np.abs(ours - reference).max() < 1e-4  # 1e-3 was asked for


@real
@pytest.mark.parametrize("padding", ["symmetric", "same"])
def test_eval_mode_is_pytorchs(padding):
    torch = pytest.importorskip("torch")
    from benchmarks.frameworks import torch_models

    for name in NETWORKS:
        options = {"padding": padding} if name == "efficientnet_b0" else {}
        state = load_pretrained(FOLDER / f"{name}.safetensors")
        ours = NETWORKS[name][0](**options).eval()
        ours.load_state_dict(state)
        file = "resnet" if name == "resnet18" else "efficientnet"
        theirs = getattr(torch_models.models(file), name)(**options).eval()
        theirs.load_state_dict({key: torch.tensor(value.numpy()) for key, value in state.items()})
        x = np.random.default_rng(0).normal(size=(2, 3, 161, 160)).astype(np.float32)
        with mg.no_grad(), torch.no_grad():
            assert np.abs(ours(mg.tensor(x)).numpy() - theirs(torch.tensor(x)).numpy()).max() < 1e-4
