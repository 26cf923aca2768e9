"""The loop takes the steps one would write by hand, records what it should, and stops when it is told to."""

import signal
from collections.abc import Iterator

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn, optim, train
from minigrad.data import DataLoader, TensorDataset
from minigrad.errors import ShapeError

from .conftest import Problem, make_problem


def weights(model: nn.Module) -> list[list[float]]:
    return [p.tolist() for p in model.parameters()]


def test_one_step_worked_by_hand() -> None:
    """y = w x + b, w = 2, b = 1; x = (1, 3), target (5, 4): errors -2 and 3, loss (4 + 9) / 2 = 6.5.

    dL/dw = mean of 2 e x = (-4 + 18) / 2 = 7, dL/db = mean of 2 e = 1. With learning rate 0.1: 1.3 and 0.9.
    Then the errors are 1.3 + 0.9 - 5 = -2.8 and 3.9 + 0.9 - 4 = 0.8: validation loss (7.84 + 0.64) / 2.
    """
    model = nn.Linear(1, 1)
    model.load_state_dict({"weight": mg.tensor([[2.0]]), "bias": mg.tensor([1.0])})
    data = DataLoader(TensorDataset(mg.tensor([[1.0], [3.0]]), mg.tensor([[5.0], [4.0]])), 2)
    history = train.fit(
        model,
        data,
        nn.MSELoss(),
        optim.SGD(model.parameters(), lr=0.1),
        1,
        validation=data,
        progress=False,
    )
    assert history["loss"] == [6.5]
    assert history["val_loss"] == pytest.approx([4.24])
    assert model.weight.item() == pytest.approx(1.3)
    assert model.bias.item() == pytest.approx(0.9)


def test_it_does_what_the_loop_written_out_does(problem: Problem) -> None:
    history = problem.fit(3)

    same = make_problem()
    loss_fn = nn.CrossEntropyLoss()
    for epoch in range(3):
        total = right = 0.0
        for x, y in same.training:
            output = same.model(x)
            loss = loss_fn(output, y)
            same.optimizer.zero_grad()
            loss.backward()
            same.optimizer.step()
            total += loss.item() * len(y)
            right += float((output.argmax(1) == y).sum().item())
        list(same.validation)  # going through a loader draws a random number, as in PyTorch
        assert history["loss"][epoch] == pytest.approx(total / 35, rel=1e-6)
        assert history["accuracy"][epoch] == pytest.approx(right / 35)
    assert weights(problem.model) == weights(same.model)


def test_the_same_seed_repeats_exactly() -> None:
    runs = []
    for seed in (5, 5, 6):
        problem = make_problem(seed, dropout=0.3)
        runs.append((problem.fit(4).rows, weights(problem.model)))
    assert runs[0] == runs[1]
    assert runs[0] != runs[2]


def test_it_learns(problem: Problem) -> None:
    history = problem.fit(60)
    assert history["loss"][-1] < 0.5 * history["loss"][0]
    assert history["val_accuracy"][-1] > 0.85
    assert history.ended == "finished"
    assert len(history) == len(history.seconds) == 60


def test_callbacks_are_told_of_every_joint_in_order(problem: Problem) -> None:
    told: list[tuple[str, int, int]] = []

    class Log(train.Callback):
        def on_fit_begin(self, run: train.Run) -> None:
            told.append(("fit", run.epoch, run.batches))

        def on_epoch_begin(self, run: train.Run) -> None:
            told.append(("epoch", run.epoch, run.batch))
            assert problem.model.training

        def on_batch_end(self, run: train.Run) -> None:
            told.append(("batch", run.epoch, run.batch))

        def on_epoch_end(self, run: train.Run) -> None:
            assert run.history.rows[-1] == run.scores
            assert set(run.scores) == {"loss", "accuracy", "val_loss", "val_accuracy"}
            told.append(("end of epoch", run.epoch, len(run.history)))

        def on_fit_end(self, run: train.Run) -> None:
            told.append(("end", run.epoch, len(run.history)))

    problem.model.eval()
    problem.fit(2, callbacks=[Log()])
    expected = [("fit", 0, 5)]
    for epoch in (1, 2):
        expected += [("epoch", epoch, 0), *(("batch", epoch, b) for b in range(1, 6))]
        expected += [("end of epoch", epoch, epoch)]
    assert told == [*expected, ("end", 2, 2)]


def test_a_callback_ends_training_with_its_reason(problem: Problem) -> None:
    class Enough(train.Callback):
        def on_epoch_end(self, run: train.Run) -> None:
            if run.epoch == 2:
                run.stop = "good enough"

    history = problem.fit(10, callbacks=[Enough()])
    assert (len(history), history.ended) == (2, "good enough")


def test_without_validation_there_are_no_columns_for_it(problem: Problem) -> None:
    assert problem.fit(1, validation=None, metrics=None).names == ["loss"]


class PressCtrlC(train.Callback):
    """In the second epoch."""

    def __init__(self, batch: int = 3, times: int = 1) -> None:
        self.batch, self.times = batch, times

    def on_batch_end(self, run: train.Run) -> None:
        if (run.epoch, run.batch) == (2, self.batch):
            for _ in range(self.times):
                signal.raise_signal(signal.SIGINT)


@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_ends_after_the_batch_and_keeps_what_was_learned(problem: Problem) -> None:
    ended: list[int] = []

    class Ended(train.Callback):
        def on_fit_end(self, run: train.Run) -> None:
            ended.append(run.batch)

    history = problem.fit(10, callbacks=[PressCtrlC(), Ended()])
    assert (len(history), history.ended) == (1, "interrupted")
    assert ended == [3]
    with pytest.raises(KeyboardInterrupt):  # and Ctrl-C is again what it was
        signal.raise_signal(signal.SIGINT)

    same = make_problem()  # the weights are those after exactly 5 + 3 steps
    steps = 0
    for _ in range(2):
        for x, y in same.training:
            if steps < 8:
                same.optimizer.zero_grad()
                nn.CrossEntropyLoss()(same.model(x), y).backward()
                same.optimizer.step()
                steps += 1
        list(same.validation)
    assert weights(problem.model) == weights(same.model)


@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_in_the_very_last_batch_counts_the_epoch_and_is_told(problem: Problem) -> None:
    history = problem.fit(2, callbacks=[PressCtrlC(batch=5)])
    assert (len(history), history.ended) == (2, "interrupted")


@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_gives_the_best_weights_back_where_that_was_asked_for(problem: Problem) -> None:
    kept: list[list[list[float]]] = []

    class Keep(train.Callback):
        def on_epoch_end(self, run: train.Run) -> None:
            kept.append(weights(problem.model))

    problem.fit(10, callbacks=[PressCtrlC(), train.EarlyStopping(), Keep()])
    assert weights(problem.model) == kept[0]


@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_twice_stops_at_once(problem: Problem) -> None:
    with pytest.raises(KeyboardInterrupt):
        problem.fit(10, callbacks=[PressCtrlC(times=2)])


def test_a_loss_that_is_no_number_is_told_at_once(problem: Problem) -> None:
    for group in problem.optimizer.param_groups:
        group["lr"] = float("inf")
    with (
        np.errstate(all="ignore"),
        pytest.raises(FloatingPointError, match=r"epoch 1, batch 2.*learning rate"),
    ):
        problem.fit(1)


def test_inputs_that_are_no_numbers_are_told_as_such(problem: Problem) -> None:
    x = mg.zeros(4, 2)
    x[1, 1] = float("nan")
    problem.training = DataLoader(TensorDataset(x, mg.zeros(4).long()), 4)
    with pytest.raises(FloatingPointError, match="inputs of this batch are not finite themselves"):
        problem.fit(1)


def test_metrics_are_named_by_their_functions_or_by_you(problem: Problem) -> None:
    history = problem.fit(1, metrics=[train.accuracy], validation=None)
    assert history.names == ["loss", "accuracy"]
    history = problem.fit(1, metrics={"right": train.accuracy}, validation=None)
    assert history.names == ["loss", "right"]


def test_a_metric_sees_numbers_without_a_history(problem: Problem) -> None:
    def largest(output: mg.Tensor, target: mg.Tensor) -> float:
        assert not output.requires_grad
        return output.numpy().max()

    history = problem.fit(1, metrics=[largest])
    assert type(history["largest"][0]) is float


@pytest.mark.usefixtures("ctrl_c")
def test_early_stopping_and_ctrl_c_in_the_same_batch(problem: Problem) -> None:
    stopping = train.EarlyStopping("val_loss", patience=1, min_delta=100.0)
    history = problem.fit(9, callbacks=[stopping, PressCtrlC(batch=5)])
    assert (len(history), history.ended) == (2, "early stopping")


def test_data_without_a_length_are_gone_through(problem: Problem) -> None:
    class Batches:
        def __iter__(self) -> Iterator[object]:
            return iter(loader)

    loader = problem.training
    problem.training = Batches()  # type: ignore[assignment]
    history = problem.fit(2)
    same = make_problem()
    assert same.fit(2).rows == history.rows


def test_an_iterator_is_empty_the_second_time(problem: Problem) -> None:
    problem.training = iter(list(problem.training))  # type: ignore[assignment]
    with pytest.raises(ValueError, match=r"no batch in epoch 2. An iterator or a generator"):
        problem.fit(2)


@pytest.mark.parametrize("reduction", ["sum", "mean"])
def test_a_batch_without_samples_is_named_before_the_step(problem: Problem, reduction: str) -> None:
    batches = [(mg.ones(2, 2), mg.tensor([0, 1])), (mg.ones(0, 2), mg.zeros(0, dtype=mg.int64))]
    before = [p.tolist() for p in problem.model.parameters()]
    with pytest.raises(ValueError, match="fit: batch 1 of epoch 1 has no samples"):
        loss = nn.CrossEntropyLoss(reduction=reduction)
        train.fit(problem.model, batches[::-1], loss, problem.optimizer, 1, progress=False)
    assert [p.tolist() for p in problem.model.parameters()] == before


def test_an_error_says_in_which_batch_it_was(problem: Problem) -> None:
    x, y = mg.zeros(4, 2), mg.tensor([0, 1, 2, 1])
    problem.training = DataLoader(TensorDataset(x, y), 2)
    with pytest.raises(IndexError, match=r"the classes go from 0 to 1; the target has 1 to 2") as caught:
        problem.fit(1)
    assert caught.value.__notes__ == [
        "fit: raised in epoch 1, batch 2: inputs (2, 2) float32, targets (2,) int64"
    ]


def test_images_of_the_wrong_shape(problem: Problem) -> None:
    problem.training = DataLoader(TensorDataset(mg.zeros(4, 3), mg.zeros(4).long()), 2)
    with pytest.raises(ShapeError, match=r"shape \(2, 3\) has 3 features, .* takes 2\.") as caught:
        problem.fit(1)
    assert caught.value.__notes__ == [
        "fit: raised in epoch 1, batch 1: inputs (2, 3) float32, targets (2,) int64"
    ]


def test_bad_validation_data_are_told_as_such(problem: Problem) -> None:
    problem.validation = DataLoader(TensorDataset(mg.zeros(4, 2), mg.full((4,), 7)), 4)
    with pytest.raises(IndexError, match="the classes go from 0 to 1") as caught:
        problem.fit(1)
    assert caught.value.__notes__ == [
        "evaluate: raised in batch 1: inputs (4, 2) float32, targets (4,) int64"
    ]


@pytest.mark.parametrize(
    ("loss", "kind", "message"),
    [
        (nn.CrossEntropyLoss(reduction="none"), ShapeError, r"has shape \(8,\). Take its mean"),
        (lambda output, target: 1.0, TypeError, "should be a tensor.* is a float"),
    ],
)
def test_a_loss_that_is_not_one_tensor_of_one_number(
    problem: Problem, loss: object, kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind, match=message):
        train.fit(problem.model, problem.training, loss, problem.optimizer, 1, progress=False)


def test_every_callback_is_closed_also_after_an_error(problem: Problem) -> None:
    closed: list[str] = []

    class Log(train.Callback):
        def close(self) -> None:
            closed.append("closed")

    problem.fit(1, callbacks=[Log(), Log()])
    problem.training = DataLoader(TensorDataset(mg.zeros(4, 3), mg.zeros(4).long()), 2)
    with pytest.raises(ShapeError):
        problem.fit(1, callbacks=[Log()])
    assert closed == ["closed"] * 3


def test_batches_go_where_the_model_is(device: object) -> None:
    """The data set stays in the computer's memory; what was measured is the same everywhere."""
    with mg.device("cpu"):
        problem, same = make_problem(), make_problem()
    problem.model.to(device)
    mg.manual_seed(1)
    history = problem.fit(2)
    with mg.device("cpu"):
        mg.manual_seed(1)
        expected = same.fit(2)
        outputs, targets = train.predict(same.model, same.validation)
    for name in history.names:
        assert history[name] == pytest.approx(expected[name], rel=1e-4)
    found, same_targets = train.predict(problem.model, problem.validation)
    assert np.allclose(found, outputs, rtol=1e-3, atol=1e-5)
    assert same_targets.tolist() == targets.tolist()


@pytest.mark.devices("foreign", "cuda")
def test_captured_steps_train_as_others_do(device: object, captures: None) -> None:
    """With a schedule and a last batch of another size, and early stopping, which puts weights back."""

    def trained(**options: bool) -> tuple[train.History, list[list[float]]]:
        with mg.device("cpu"):
            problem = make_problem()
        problem.model.to(device)
        mg.manual_seed(1)
        schedule = train.Schedule(optim.lr_scheduler.StepLR(problem.optimizer, 2, gamma=0.5))
        history = problem.fit(6, callbacks=[schedule, train.EarlyStopping(patience=2)], **options)
        return history, weights(problem.model)

    (eager, eager_weights), (captured, captured_weights) = trained(), trained(capture=True)
    assert len(captured) == len(eager) >= 3
    for name in eager.names:
        assert captured[name] == pytest.approx(eager[name], rel=1e-4)
    for a, b in zip(captured_weights, eager_weights, strict=True):
        assert np.allclose(a, b, rtol=1e-3, atol=1e-5)


@pytest.mark.devices("foreign", "cuda")
def test_a_captured_step_whose_loss_is_no_number_is_told(device: object, captures: None) -> None:
    problem = make_problem()
    data = [(mg.full((4, 2), float("inf")), mg.zeros(4).long())]
    with pytest.raises(FloatingPointError, match="inputs of this batch are not finite"):
        train.fit(
            problem.model, data, nn.CrossEntropyLoss(), problem.optimizer, 1, progress=False, capture=True
        )


def test_what_cannot_be_captured_is_told_before_training(problem: Problem) -> None:
    with pytest.raises(ValueError, match=r"capture=True is for a model on a GPU.*on the CPU"):
        problem.fit(1, capture=True)
    import tests.foreign  # noqa: F401 (makes the place known)

    problem.model.to("foreign")
    before = weights(problem.model)
    with pytest.raises(ValueError, match=r"ClipGradients is to be called within it.*on_backward_end"):
        problem.fit(1, callbacks=[train.ClipGradients(1.0)], capture=True)
    assert weights(problem.model) == before
