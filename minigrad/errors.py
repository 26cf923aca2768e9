"""The exceptions that minigrad raises where Python's own would say too little; how an option is refused."""


class ShapeError(RuntimeError, ValueError):
    """Shapes that do not fit together.

    A ``RuntimeError`` as in PyTorch and a ``ValueError`` as in NumPy, so that code written for either catches
    it.
    """


class DtypeError(NotImplementedError, TypeError):
    """A dtype for which an operation is not defined, or dtypes that do not go together.

    A ``NotImplementedError``, and so a ``RuntimeError``, as in PyTorch, and a ``TypeError`` as in NumPy.
    """


class DataError(RuntimeError):
    """A data file is missing, truncated, corrupted or not the file it should be. The message names it."""


class CheckpointError(DataError):
    """A checkpoint that training cannot go on from: damaged, or of another training. The message names it."""


class CourseError(RuntimeError):
    """A learner's folder is missing or damaged, or there is no such exercise. The message says what to do."""


class DownloadError(DataError):
    """A file could not be fetched from any of its sources."""


class DeviceError(RuntimeError, TypeError):
    """A device that is not there, or tensors of one operation on different devices.

    A ``RuntimeError`` as in PyTorch, and a ``TypeError`` as in CuPy.
    """


class OutOfMemoryError(RuntimeError):
    """The memory of a GPU is exhausted: ``mg.cuda.OutOfMemoryError``, as PyTorch names it."""


class CaptureError(RuntimeError):
    """A step that cannot be captured as a graph of a card's launches; the message says why."""


class DistBackendError(RuntimeError):
    """Ranks of a distributed program cannot reach each other, or one waits for the others in vain."""


def refuse(owner: str, why: str = "", /, **given: object) -> None:
    """Raise NotImplementedError, which names it, for the first option that is neither None nor False."""
    for name, value in given.items():
        if value is not None and value is not False:
            reason = f": {why}" if why else ""
            raise NotImplementedError(
                f"{owner}: {name}={value!r} is not supported{reason}. Leave {name} out."
            )
