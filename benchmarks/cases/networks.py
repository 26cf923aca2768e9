"""Steps of the networks in networks.py: time and memory beside PyTorch, once beside small libraries too."""

import statistics
from collections.abc import Callable
from functools import partial

from benchmarks.measure import Result, compare
from benchmarks.networks import Network
from benchmarks.report import Table, memory_table, of_each

PEERS = {"cnn": ("dezero", "mygrad", "tinygrad")}
PEER_GOAL = 10.0
PEER_NOTES = {
    "dezero": (
        "dezero: its backward of the cross-entropy goes over to float64 of its own accord; its Adam has the "
        "epsilon in another place."
    ),
    "mygrad": "mygrad: the dropout mask and Adam in plain NumPy, as it brings none.",
    "tinygrad": "tinygrad: the whole step compiled by clang, recorded once and replayed.",
}
PRODUCTS = (("torch", "matrix_product"), ("numpy", "matrix_product"))


def goal(network: Network) -> str:
    return f"at most {network.goal} of torch"


def runner(network: Network) -> Callable[[int, int], list[Table]]:
    return partial(run, network)


def run(network: Network, rounds: int, threads: int) -> list[Table]:
    peers = PEERS.get(network.name, ())
    results = compare(
        f"network:{network.name}", ("minigrad", "torch", *peers), rounds, network.steps, threads, PRODUCTS
    )
    products = [results.pop(" ".join(pair)) for pair in PRODUCTS]
    counted = compare(f"multiply_adds:{network.name}", ("minigrad", "torch"), 0, 1, threads)
    same_work = results
    if network.dropout:  # everyone draws masks of their own: losses can be compared only without
        same_work = compare(f"network_without_dropout:{network.name}", results, 0, network.steps, threads)

    shares = shares_of_rate(results, counted, products)
    agreed = agree(same_work, network.tolerance)
    time = Table(
        name=f"{network.name}_step",
        title=network.title,
        unit="ms a step",
        goal=goal(network),
        notes=[
            network.doing,
            *(PEER_NOTES[peer] for peer in peers),
            rate_note(shares, counted, products),
            value_note(network, results, same_work, agreed),
            *(
                [f"For orientation: torch 2.13 took {network.torch_ms} ms on a two-core Xeon."]
                if network.torch_ms
                else []
            ),
        ],
        value=lambda r: r.median * 1e3,
        ratio=lambda r, torch: r.ratio_to(torch),
        met=lambda r, torch: r.ratio_to(torch) <= network.goal if torch else None,
        results=results,
        facts={
            "multiply_adds": first(counted),
            "share_of_product_rate": shares,
            "product_flops_by_round": rates(products),
            "same_result_as_torch": agreed,
        },
    )
    tables = [time, memory_table(f"{network.name}_memory", results)]
    return [*tables, peer_table(network, results)] if peers else tables


def peer_table(network: Network, results: dict[str, Result]) -> Table:
    """How many times longer than minigrad everyone takes."""
    ours = results["minigrad"]
    peers = [results[name] for name in PEERS[network.name] if not results[name].absent]
    return Table(
        name=f"{network.name}_peers",
        title="That step as a multiple of minigrad's",
        unit="times",
        goal=f"the small libraries {PEER_GOAL:g} times or more",
        notes=[],
        value=lambda r: float("nan") if ours.absent else r.ratio_to(ours),
        ratio=lambda r, torch: r.ratio_to(torch),
        met=lambda r, torch: all(peer.ratio_to(ours) >= PEER_GOAL for peer in peers) if peers else None,
        results=results,
    )


def rates(products: list[Result]) -> list[float]:
    """Floating-point operations a second in products of matrices, round by round: the best library's."""
    present = [product for product in products if not product.absent]
    return [
        max(p.value / seconds for p, seconds in zip(present, turn, strict=True))
        for turn in zip(*(p.seconds for p in present), strict=True)
    ]


def shares_of_rate(
    results: dict[str, Result], counted: dict[str, Result], products: list[Result]
) -> dict[str, float]:
    """Which part of that rate everyone reached over the whole step: the median over the rounds."""
    count = first(counted)
    if count is None or all(product.absent for product in products):
        return {}
    return {
        name: statistics.median(
            2 * count / seconds / rate for seconds, rate in zip(r.seconds, rates(products), strict=True)
        )
        for name, r in results.items()
        if not r.absent and r.seconds
    }


def first(counted: dict[str, Result]) -> int | None:
    """The number that minigrad counted, or PyTorch. They have to be the same."""
    counts = {int(result.value) for result in counted.values() if not result.absent}
    if len(counts) > 1:
        raise ValueError(f"the same step has different numbers of products: {sorted(counts)}")
    return counts.pop() if counts else None


def agree(results: dict[str, Result], tolerance: float) -> bool | None:
    """Whether minigrad's value after the same steps is PyTorch's. None where one of them is absent."""
    ours, theirs = results["minigrad"], results["torch"]
    if ours.absent or theirs.absent:
        return None
    return abs(ours.value - theirs.value) <= tolerance * abs(theirs.value)


def rate_note(shares: dict[str, float], counted: dict[str, Result], products: list[Result]) -> str:
    if not shares:
        return "Share of the machine's rate of matrix products: not known without torch or minigrad."
    rate = statistics.median(rates(products)) / 1e9
    each = ", ".join(f"{name} {share:.0%}" for name, share in shares.items())
    return (
        f"Of {rate:.0f} GFLOP/s, the rate of matrix products in the same rounds: {each} "
        f"({first(counted):.3g} multiply-adds)."
    )


def value_note(
    network: Network, results: dict[str, Result], same_work: dict[str, Result], agreed: bool | None
) -> str:
    what = "Mean absolute score" if network.work == "inference" else "Loss"
    verdict = {
        True: f"minigrad's is torch's within {network.tolerance:g}",
        False: f"minigrad's is NOT torch's within {network.tolerance:g}",
        None: "not compared",
    }[agreed]
    note = f"{what} after {network.steps} steps: {of_each(results, lambda r: f'{r.value:.5g}')}"
    if network.dropout and network.work == "training":
        note += f"; without dropout {of_each(same_work, lambda r: f'{r.value:.5g}')}"
    return f"{note}: {verdict}."
