"""Learning curves: how loss and metrics went from epoch to epoch."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from minigrad.viz.picture import WIDTH, Picture
from minigrad.viz.theme import Theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def curves(columns: Mapping[str, Sequence[float]], best_epoch: int | None = None) -> Picture:
    """One panel per measured quantity, with its values in training and, where there are any, in validation.

    Args:
        columns: by name, one value per epoch: ``history.columns()``. ``val_loss`` goes into the panel of
            ``loss``.
        best_epoch: an epoch to mark, from 1: the one whose weights were kept.

    Raises:
        ValueError: there is no epoch to draw.
    """
    names = [name for name in columns if not name.startswith("val_")]
    if not names or not columns[names[0]]:
        raise ValueError(
            "curves: there is no epoch to draw. Was training stopped before the first one ended?"
        )
    epochs = range(1, len(columns[names[0]]) + 1)

    def panel(axes: "Axes", name: str, theme: Theme) -> None:
        from matplotlib.ticker import MaxNLocator

        marker = "o" if len(epochs) < 12 else None  # with one epoch, a line alone would be invisible
        axes.plot(epochs, columns[name], "--", color=theme.first, marker=marker, ms=4, label="training")
        if f"val_{name}" in columns:
            axes.plot(
                epochs, columns[f"val_{name}"], color=theme.second, marker=marker, ms=4, label="validation"
            )
        if best_epoch is not None:
            axes.axvline(best_epoch, color=theme.muted, linewidth=1, linestyle=":", label="weights kept")
        axes.set_title(name, loc="left", fontsize=11)
        axes.grid(axis="y")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins="auto"))
        if len(epochs) == 1:
            axes.set_xlim(0, 2)

    def draw(theme: Theme) -> "Figure":
        from matplotlib.figure import Figure

        figure = Figure(figsize=(WIDTH, 0.45 + 2.35 * len(names)), layout="constrained")
        panels = figure.subplots(len(names), 1, sharex=True, squeeze=False)[:, 0]
        for axes, name in zip(panels, names, strict=True):
            panel(axes, name, theme)
        panels[-1].set_xlabel("epoch")
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper center", ncols=len(labels))
        return figure

    return Picture(draw, _in_words(names, columns, best_epoch))


def _in_words(names: Sequence[str], columns: Mapping[str, Sequence[float]], best_epoch: int | None) -> str:
    count = len(columns[names[0]])
    sentences = [f"Learning curves over {count} epoch{'s' if count > 1 else ''}."]
    for name in names:
        said = []
        for column, which in ((name, "training"), (f"val_{name}", "validation")):
            if column in columns:
                first, last = columns[column][0], columns[column][-1]
                said.append(f"{which} {name} goes from {first:.3f} to {last:.3f}")
        sentences.append(f"{', '.join(said)}.".capitalize())
    if best_epoch is not None:
        sentences.append(f"The weights of epoch {best_epoch} were kept.")
    return " ".join(sentences)
