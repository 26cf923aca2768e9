"""The networks in the benchmarks: the same work everywhere, and numbers that say what they mean to say."""

import json
import sys

import pytest

from benchmarks import networks
from benchmarks.cases import CASES
from benchmarks.cases.networks import agree, first, peer_table, rates, shares_of_rate
from benchmarks.measure import Result, Worker, WorkerFailed, compare

needs_signals = pytest.mark.skipif(sys.platform == "win32", reason="workers are stopped by SIGSTOP")


@pytest.fixture(params=["minigrad", "torch"])
def framework(request):
    pytest.importorskip(request.param)
    return request.param


def test_every_network_is_a_case():
    assert set(networks.NETWORKS) | {"dense", "chain", "import"} == set(CASES)


def test_weights_depend_on_the_name_alone():
    a, b = (networks.weights("0.weight", (4, 3, 2, 2)) for _ in range(2))
    assert (a == b).all()
    assert not (a == networks.weights("1.weight", (4, 3, 2, 2))).any()
    assert abs(a).max() <= 12**-0.5
    assert abs(networks.weights("0.weight", (100, 100), 0.02).std() - 0.02) < 1e-3


@pytest.mark.parametrize("network", networks.NETWORKS.values(), ids=lambda network: network.name)
def test_batches_fit_the_network(network):
    x, y = networks.labelled(network)[0]
    assert x.shape == (network.batch, *network.image)
    assert (x.dtype, x.min() >= 0, x.max() <= 1) == ("float32", True, True)
    assert set(y) <= set(range(10))


@needs_signals
def test_the_cnn_learns(framework):
    """From ln 10 = 2.3, where ten classes are guessed, to the loss of the last step of the warm-up."""
    results = compare("network_without_dropout:cnn", [framework], rounds=0, warm_up=20, threads=1)
    assert results[framework].absent == ""
    assert results[framework].value == pytest.approx(0.9515, abs=0.01)
    assert results[framework].seconds == []


@needs_signals
def test_products_are_counted(framework):
    """Two passes of the first layer, whose input needs no gradient, and three of every other."""
    results = compare("multiply_adds:cnn", [framework], rounds=0, warm_up=1, threads=1)
    convolutions = 2 * 32 * 26 * 26 * 9 + 3 * 64 * 11 * 11 * 32 * 9
    assert results[framework].value == 128 * (convolutions + 3 * (1600 * 128 + 128 * 10))


@needs_signals
def test_a_discriminator_is_frozen_while_the_generator_learns(framework):
    """Only then a GAN's step has this number of products: 8 passes of the discriminator, 3 of the generator,
    less those for gradients of images and noise that nobody needs."""
    results = compare("multiply_adds:dcgan28", [framework], rounds=0, warm_up=1, threads=1)
    middle = 128 * 64 * 16 * 7 * 7  # 14x14x64 to 7x7x128, and back in the generator
    image = 64 * 16 * 14 * 14  # 28x28x1 to 14x14x64
    score, dense = 7 * 7 * 128, 90 * 7 * 7 * 128
    expected = 8 * (image + middle + score) - 2 * image + 3 * (image + middle) + 2 * dense
    assert results[framework].value == 64 * expected


@needs_signals
def test_a_worker_goes_over_to_another_job():
    worker = Worker("minigrad", "chain", threads=1)
    try:
        worker.start(1)
        case = json.dumps({"function": "relu", "shapes": [[3, 4]], "options": {}})
        worker.change(f"operation:{case}")
        worker.settle(1, turn=0.001)
        worker.turn()
        assert worker.result.value > 0
        assert len(worker.result.seconds) == 1
        with pytest.raises(WorkerFailed):
            worker.change("no_such_job")
    finally:
        worker.close()


@needs_signals
def test_other_jobs_have_turns_beside():
    results = compare("chain", ["minigrad"], 2, 1, threads=1, beside=[("numpy", "matrix_product")])
    product = results["numpy matrix_product"]
    assert len(product.seconds) == len(results["minigrad"].seconds) == 2
    assert product.value in {2 * size**3 for size in (1024, 1536, 2048)}


def test_a_framework_says_why_it_cannot_run():
    pytest.importorskip("mygrad")
    results = compare("network:resnet18", ["mygrad"], 0, 1, threads=1)
    assert results["mygrad"].absent == "not written for this"


def test_the_rate_is_the_best_librarys_in_each_round():
    products = [
        Result("torch", seconds=[1.0, 4.0], value=100.0),
        Result("numpy", seconds=[2.0, 1.0], value=50.0),
        Result("other", absent="not installed"),
    ]
    assert rates(products) == [100.0, 50.0]
    counted = {"minigrad": Result("minigrad", value=10.0)}
    ours = {"minigrad": Result("minigrad", seconds=[1.0, 1.0])}
    assert shares_of_rate(ours, counted, products) == {"minigrad": pytest.approx((0.2 + 0.4) / 2)}
    assert shares_of_rate(ours, counted, [products[2]]) == {}


def test_different_numbers_of_products_are_refused():
    assert first({"minigrad": Result("minigrad", value=3.0), "torch": Result("torch", absent="no")}) == 3
    with pytest.raises(ValueError, match="different numbers of products"):
        first({"minigrad": Result("minigrad", value=3.0), "torch": Result("torch", value=4.0)})


def test_losses_agree_within_the_tolerance():
    torch = Result("torch", value=2.0)
    assert agree({"minigrad": Result("minigrad", value=2.001), "torch": torch}, 1e-3) is True
    assert agree({"minigrad": Result("minigrad", value=2.01), "torch": torch}, 1e-3) is False
    assert agree({"minigrad": Result("minigrad", absent="failed"), "torch": torch}, 1e-3) is None


def test_small_libraries_are_multiples_of_minigrads_time():
    results = {
        "minigrad": Result("minigrad", seconds=[1.0, 2.0]),
        "torch": Result("torch", seconds=[2.0, 4.0]),
        "dezero": Result("dezero", seconds=[11.0, 22.0]),
        "mygrad": Result("mygrad", seconds=[9.0, 18.0]),
        "tinygrad": Result("tinygrad", absent="needs clang"),
    }
    table = peer_table(networks.NETWORKS["cnn"], results)
    assert [row[1] for row in table.rows()] == ["1", "2", "11", "9", "needs clang"]
    assert table.verdict().endswith("NOT met")
    results["mygrad"].seconds = [10.0, 20.0]
    assert table.verdict().endswith(": met")
