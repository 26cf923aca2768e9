"""Every sample's place: it passes, the page says why not, there is nothing to compare, or none of these."""

from collections import Counter
from typing import Any

from .absent import ABSENT, HEADING, NOTHING_TO_COMPARE, absent
from .differences import DIFFERENCES, known
from .tally import Tally

Seen = dict[str, dict[str, Any]]
"""What was seen of each name of a kind; json keeps it."""


def seen(tallies: list[Tally]) -> Seen:
    """Of each name: how many samples passed, why some were left out, which deviated, how, how often."""
    return {
        tally.name: {
            "samples": tally.samples,
            "passed": tally.passed,
            "left out": dict(sorted(tally.left_out.items())),
            "deviations": [
                {"sample": sample, "said": said, "times": times}
                for (sample, said), times in Counter(tally.deviations).items()
            ],
        }
        for tally in tallies
    }


def account(names: Seen) -> dict[str, Any]:
    """The samples of a kind by their places; the documented ones by the page's heading."""
    documented: Counter[str] = Counter()
    nothing: Counter[str] = Counter()
    neither = 0
    for name, found in names.items():
        for reason, times in found["left out"].items():
            if absent(reason) is not None:
                documented[HEADING] += times
            elif reason in NOTHING_TO_COMPARE:
                nothing[reason] += times
            else:
                neither += times
        for deviation in found["deviations"]:
            record = known(name, deviation["sample"], deviation["said"])
            if record is None:
                neither += deviation["times"]
            else:
                documented[record.heading] += deviation["times"]
    return {
        "names": len(names),
        "samples": sum(found["samples"] for found in names.values()),
        "passed": sum(found["passed"] for found in names.values()),
        "documented": dict(sorted(documented.items())),
        "nothing to compare": dict(sorted(nothing.items())),
        "neither passing nor documented": neither,
    }


def neither(kinds: dict[str, Seen]) -> list[str]:
    """The samples that do not pass and that no record describes, and why."""
    return [
        text
        for names in kinds.values()
        for name, found in names.items()
        for text in (
            *(
                f"{name}: left out: {reason}"
                for reason in found["left out"]
                if absent(reason) is None and reason not in NOTHING_TO_COMPARE
            ),
            *(
                f"{deviation['sample']}: {deviation['said']}"
                for deviation in found["deviations"]
                if known(name, deviation["sample"], deviation["said"]) is None
            ),
        )
    ]


def stale(kinds: dict[str, Seen]) -> list[str]:
    """The records, and names in them, that no sample shows any more."""
    shown, missing = set(), set()
    for names in kinds.values():
        for name, found in names.items():
            missing |= {absent(reason) for reason in found["left out"]}
            shown |= {(known(name, d["sample"], d["said"]), name) for d in found["deviations"]}
    return [
        *(f"{name}: {d.here}" for d in DIFFERENCES for name in d.names if (d, name) not in shown),
        *(f"left out: {a.words}" for a in ABSENT if a not in missing),
    ]
