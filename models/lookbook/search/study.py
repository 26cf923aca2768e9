"""The experiments' book: which are to be made, by how many at once, and what is left over from a kill."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import filelock

from minigrad.files import write_whole
from models.lookbook.search.experiment import experiment
from models.lookbook.search.ranges import found_best, propose
from models.lookbook.settings import Settings
from models.lookbook.stages import Folders, tell

BOOK = "search.db"
WARM_UP = 4  # experiments that none is compared with and ended
FEWEST = 3  # that got as far; with fewer, none is ended there


def opened(path: Path, name: str, seed: int, longest: int) -> Any:
    """The study of that name in a SQLite file, made if need be; the report's best settings come first."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        study_name=name,
        storage=optuna.storages.RDBStorage(
            f"sqlite:///{path}",
            engine_kwargs={"connect_args": {"timeout": 100}},  # seconds that a worker waits for another
        ),
        load_if_exists=True,
        direction="minimize",
        sampler=optuna.samplers.TPESampler(seed=seed),
        pruner=optuna.pruners.MedianPruner(WARM_UP, longest // 10, n_min_trials=FEWEST),
    )
    if not study.trials:
        study.enqueue_trial(found_best(longest))
    return study


def book_errors() -> tuple[type[Exception], ...]:
    """What is raised where the SQLite file cannot be read or written."""
    import optuna
    import sqlalchemy.exc

    return optuna.exceptions.StorageInternalError, sqlalchemy.exc.SQLAlchemyError


def recover(study: Any) -> int:
    """Put experiments that a kill has cut off back into the queue. Nobody else may be at work then."""
    from optuna.trial import TrialState

    cut_off = study.get_trials(states=(TrialState.RUNNING,))
    waiting = [_settled(trial) for trial in study.get_trials(states=(TrialState.WAITING,))]
    for trial in cut_off:
        if _settled(trial) not in waiting:  # else this was killed, too, after the next line
            study.enqueue_trial(_settled(trial))
        study.tell(trial.number, state=TrialState.FAIL)
    return len(cut_off)


def _settled(trial: Any) -> dict[str, Any]:
    """The settings that an experiment has been given: those it waits with, and those it has asked for."""
    return {**trial.system_attrs.get("fixed_params", {}), **trial.params}


def finished(study: Any) -> int:
    """How many experiments came to an end, those that were ended early included."""
    from optuna.trial import TrialState

    return len(study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED)))


def work(
    study: Any, settings: Settings, folders: Folders, count: int, longest: int, parent: int | None = None
) -> None:
    """Make experiments until there are ``count``, counting those of other workers.

    A worker names the process that has started it, its ``parent``: where that is killed, it stops, too.
    """
    import optuna

    # two that ask at the same moment would both be given what waits in the queue
    asking = filelock.FileLock(settings.output / "search" / ".asking")

    def one(trial: Any) -> float:
        values = propose(trial, longest)

        def report(distance: float, epoch: int) -> None:
            if parent is not None and os.getppid() != parent:
                raise KeyboardInterrupt
            trial.report(distance, epoch)
            if trial.should_prune():
                raise optuna.TrialPruned

        try:
            return experiment(settings, folders, values, longest, report)
        except FloatingPointError as error:  # rates of 2 are in the table
            raise optuna.TrialPruned("a loss was no number any more") from error

    while finished(study) < count:
        if parent is not None and os.getppid() != parent:
            raise KeyboardInterrupt
        with asking:
            trial = study.ask()
        try:
            ended = study.tell(trial, one(trial))
        except optuna.TrialPruned:
            ended = study.tell(trial, state=optuna.trial.TrialState.PRUNED)
        value = f"{ended.value:.3g}" if ended.state.name == "COMPLETE" else "ended early"
        tell(f"experiment {finished(study)}/{count}: {value}; {in_words(ended.params)}")


def in_words(values: dict[str, Any]) -> str:
    """ "generator_rate 0.0001, ..., noise 90"."""
    return ", ".join(f"{name} {value:.3g}" for name, value in values.items())


def share(workers: int, arguments: list[str]) -> None:
    """The same command once for each worker, each a process with a thread of its own; waits for all of them.

    Raises RuntimeError if all of them fail; what is in the book stays.
    """
    command = [sys.executable, "-m", "models.lookbook.search", *arguments, "--worker"]
    environment = {**os.environ, "OMP_NUM_THREADS": str(max(1, (os.cpu_count() or 1) // workers))}
    processes = []
    try:
        for number in range(workers):
            processes.append(subprocess.Popen([*command, str(number)], env=environment))
        ended = [process.wait() for process in processes]
    except BaseException:
        for process in processes:
            process.terminate()
            process.wait()
        raise
    if all(ended):
        raise RuntimeError(f"every worker has failed, the first with {ended[0]}; the same command goes on")
    if any(ended):
        tell(f"{sum(map(bool, ended))} of {workers} workers failed; the others have made the experiments.")


def save(study: Any, path: Path, about: dict[str, Any]) -> None:
    """All experiments as JSON, after what there is to know of all of them: number, state, distance, seconds,
    settings.
    """
    rows = [
        {
            "number": t.number + 1,
            "state": t.state.name.lower(),
            "distance": t.value,
            "seconds": None if t.duration is None else round(t.duration.total_seconds(), 1),
            **t.params,
        }
        for t in study.get_trials(deepcopy=False)
    ]
    write_whole(path, (json.dumps({**about, "experiments": rows}, indent=2) + "\n").encode())
