"""One set out of several: so many pictures of each, drawn at random, with classes in common."""

from collections.abc import Mapping, Sequence
from typing import Any

from minigrad.data.photos.damage import DamageReport
from minigrad.data.photos.listed import ImageList


def mixture(
    sources: Mapping[str, ImageList],
    counts: Mapping[str, int | None] | None = None,
    categories: Mapping[str, str] | None = None,
    generator: Any = None,
) -> ImageList:
    """Draw from each of several lists, and number their classes in one way.

    Args:
        sources: the lists, by a name for each.
        counts: how many pictures to draw of each, by the same names, none twice; None, or a name that is
            missing, takes all that there are.
        categories: what a class of a source is called in the mixture, by the name that it has there; those
            of several sources may become one. Pictures of classes that it does not name are not drawn. By
            default the classes of the sources keep their names, and the same name is the same class.
        generator: a ``minigrad.Generator``; the same seed draws the same pictures.

    Returns:
        A list in the order of the sources; ``records`` has the name of the source of each picture. A loader
        shuffles it, and ``split`` cuts it into parts for training and for testing.

    Raises:
        ValueError: there is no source, ``counts`` names one that is not there, a source has too few
            pictures that are in ``categories``, or it has a loader of its own.
    """
    if not sources:
        raise ValueError("mixture: expected at least one source.")
    unknown = sorted(set(counts or ()) - set(sources))
    if unknown:
        raise ValueError(f"mixture: counts names {unknown[0]!r}; the sources are {', '.join(sources)}.")
    if categories is None:
        categories = {name: name for source in sources.values() for name in source.classes}
    classes = list(dict.fromkeys(categories.values()))
    parts: dict[str, ImageList] = {}
    for name, source in sources.items():
        source.without_loader("mixture")
        known = source.rename({old: categories[old] for old in source.classes if old in categories}, classes)
        count = (counts or {}).get(name)
        if count is not None and count > len(known):
            raise ValueError(
                f"mixture: {count:,} pictures of {name} were asked for; it has {len(known):,} of classes "
                f"that categories names ({len(source):,} in all)."
            )
        parts[name] = known.sample(len(known) if count is None else count, generator)
    return ImageList(
        [sample for part in parts.values() for sample in part.samples],
        classes,
        _joined([source.report for source in sources.values()]),
        [name for name, part in parts.items() for _ in part.samples],
        source=" and ".join(f"{len(part):,} of {name}" for name, part in parts.items()),
    )


def _joined(reports: Sequence[DamageReport]) -> DamageReport:
    return DamageReport(
        (damage for report in reports for damage in report.damages), sum(report.used for report in reports)
    )
