"""Where tensors are: always on the CPU. PyTorch's way of asking, for code that asks first."""


class device(str):  # noqa: N801 (PyTorch's name)
    """The name of a place for tensors: ``device("cpu")`` equals ``"cpu"``. Using another one is an error."""

    __slots__ = ()

    @property
    def type(self) -> str:
        """The kind of place: "cuda" of "cuda:1"."""
        return self.split(":")[0]

    @property
    def index(self) -> int | None:  # type: ignore[override]
        """Which one of its kind: 1 of "cuda:1"."""
        number = self.partition(":")[2]
        return int(number) if number else None

    def __repr__(self) -> str:
        number = "" if self.index is None else f", index={self.index}"
        return f"device(type={self.type!r}{number})"


CPU = device("cpu")
