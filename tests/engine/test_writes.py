"""Values that were overwritten after an operation saved them: seen, and told with the learner's line."""

import gc
import inspect
import threading

import numpy as np
import pytest

import minigrad as mg
from minigrad import autograd, nn, optim
from minigrad.engine import writes

pytestmark = pytest.mark.usefixtures("device")


def leaf(values, dtype=np.float64):
    return mg.tensor(np.asarray(values, dtype), requires_grad=True)


def line():
    """The number of the line that called this."""
    return inspect.currentframe().f_back.f_lineno


def assert_stale(backward, operation, line_number, code):
    with pytest.raises(RuntimeError) as caught:
        backward()
    text = str(caught.value)
    assert text.startswith(f"{operation} saved a value")
    assert "overwritten in place since, at" in text
    assert f"{__file__}:{line_number}: {code}" in text
    assert "clone()" in text  # the likely fix


def test_the_message_names_the_operation_and_the_line():
    x = leaf([1.0, 2.0])
    y = mg.exp(x)
    at = line() + 1
    y.add_(1)
    assert_stale(y.sum().backward, "exp", at, "y.add_(1)")


WRITES = {
    "an in-place operation": lambda h: h.mul_(2),
    "an operator": lambda h: h.__iadd__(1),
    "an element": lambda h: h.__setitem__(0, 5.0),
    "a mask": lambda h: h.__setitem__(h > 0, 5.0),
    "a view": lambda h: h[1:].zero_(),
    "a view of a view": lambda h: h.view(2, 1)[0].add_(1),
    "one element as a view": lambda h: h[0].add_(1),
    "a detached tensor": lambda h: h.detach().zero_(),
    "a view of a detached tensor": lambda h: h.detach()[:1].fill_(3),
    ".data": lambda h: h.data.add_(1),
    "copy_": lambda h: h.copy_(mg.zeros(2)),
    "random numbers": lambda h: h.normal_(),
}


def without_recording(h):
    with mg.no_grad():
        h.mul_(2)


WRITES["under no_grad"] = without_recording


@pytest.mark.parametrize("name", WRITES)
def test_every_way_of_writing_is_seen(name):
    x = leaf([1.0, 2.0])
    h = x * 1
    y = h * h  # saves h
    WRITES[name](h)
    with pytest.raises(RuntimeError, match=r"mul saved a value.*overwritten in place"):
        y.sum().backward()


@pytest.mark.parametrize("name", WRITES)
def test_a_write_into_a_view_is_seen_by_who_saved_the_base_and_the_reverse(name):
    x = leaf([[1.0, 2.0], [3.0, 4.0]])
    h = x * 1
    row = h[0]
    saved_base, saved_row, saved_other = (h * h).sum(), (row * row).sum(), (h[1] * 2.0).sum()
    WRITES[name](row)
    with pytest.raises(RuntimeError, match="overwritten"):
        saved_base.backward(retain_graph=True)
    with pytest.raises(RuntimeError, match="overwritten"):
        saved_row.backward(retain_graph=True)
    saved_other.backward()  # saved the number 2 alone


def test_a_counter_that_counts_up_is_written():
    norm = nn.BatchNorm1d(2)
    rows = nn.functional.embedding(norm.num_batches_tracked, leaf([[1.0, 2.0], [3.0, 4.0]]))
    norm(mg.tensor([[1.0, 2.0], [3.0, 5.0]]))
    with pytest.raises(RuntimeError, match=r"embedding saved a value of shape \(\).*overwritten in place"):
        rows.sum().backward()


@pytest.mark.parametrize(
    "save",
    [
        lambda h: mg.log(h),
        lambda h: h @ mg.ones(2, dtype=mg.float64, requires_grad=True),
        lambda h: mg.outer(mg.ones(3, dtype=mg.float64, requires_grad=True), h),
        lambda h: mg.where(h > 0, h, 0) * h,
        lambda h: h.prod(),
        lambda h: h.unsqueeze(0).transpose(0, 1).softmax(0) * h.view(2, 1),
        lambda h: mg.einsum("i,i->", h, h),
        lambda h: nn.functional.linear(h, mg.ones(1, 2, dtype=mg.float64, requires_grad=True)),
    ],
)
def test_saved_inputs_of_all_kinds(save):
    x = leaf([1.0, 2.0])
    h = x * 1
    y = save(h).sum()
    h.add_(1)
    with pytest.raises(RuntimeError, match="overwritten"):
        y.backward()


@pytest.mark.parametrize(
    "pick",
    [
        lambda x, i, mask: x[i],
        lambda x, i, mask: x[i, 0],
        lambda x, i, mask: x[:, i[:1]],
        lambda x, i, mask: x[mask],
        lambda x, i, mask: x[mask, 1:],
        lambda x, i, mask: mg.gather(x, 0, i.unsqueeze(1)),
        lambda x, i, mask: mg.index_select(x, 0, i),
        lambda x, i, mask: mg.scatter_add(mg.zeros(2, 2, dtype=mg.float64), 0, i.unsqueeze(1), x),
        lambda x, i, mask: nn.functional.embedding(i, x),
        lambda x, i, mask: nn.functional.cross_entropy(x, i),
        lambda x, i, mask: mg.masked_select(x, mask.unsqueeze(1)),
        lambda x, i, mask: mg.where(mask, x, 0),
    ],
)
def test_an_index_overwritten_since(pick):
    x, index, mask = leaf([[1.0, 2.0], [3.0, 4.0]]), mg.tensor([1, 0]), mg.tensor([True, False])
    y = pick(x, index, mask)
    index.zero_()
    mask.fill_(True)
    with pytest.raises(
        RuntimeError, match=r"saved (an index|a value of shape .*) for its gradient.*overwritten"
    ):
        y.sum().backward()


@pytest.mark.parametrize(
    "called, call",
    [
        ("embedding", lambda h, i: nn.functional.embedding(i, h)),
        ("cross_entropy", lambda h, i: nn.functional.cross_entropy(h, i)),
        ("nll_loss", lambda h, i: nn.functional.nll_loss(h, i)),
        ("indexing", lambda h, i: h[i]),
        ("var", lambda h, i: h.var()),
        ("layer_norm", lambda h, i: nn.functional.layer_norm(h, (2,))),
        ("clamp", lambda h, i: h.clamp(0, 1)),
        ("binary_cross_entropy", lambda h, i: nn.functional.binary_cross_entropy(h, h.detach())),
    ],
)
def test_the_message_names_what_was_called(called, call):
    h, index = leaf([[0.1, 0.2], [0.3, 0.4]]) * 1, mg.tensor([1, 0])
    y = call(h, index).sum()
    h.mul_(1)
    index.zero_()
    with pytest.raises(RuntimeError, match=rf"^[^:]*\b{called}\b.* saved a"):
        y.backward()


def test_what_was_not_saved_may_be_overwritten():
    x = leaf([1.0, 2.0])
    h = x * 3
    y = (h + 1).sum() + h.sum() + (h * 2.0).sum()
    h.zero_()
    y.backward()
    assert x.grad.tolist() == [3 * 4.0] * 2


def test_a_write_before_the_operation_does_not_matter():
    x = leaf([1.0, 2.0])
    h = x * 1
    h.mul_(3)
    (h * h).sum().backward()
    assert x.grad.tolist() == [2 * 9 * 1.0, 2 * 9 * 2.0]


def test_a_write_elsewhere_does_not_matter():
    x = leaf([1.0, 2.0])
    y = mg.exp(x)
    other = mg.zeros(2)
    other.add_(1)
    y.sum().backward()
    assert x.grad.tolist() == y.tolist()


def test_a_cast_copy_is_not_overwritten_with_its_origin():
    # float32 h was cast to float64 for the product: what was saved is the cast.
    x, w = leaf([2.0], np.float32), leaf([3.0])
    h = x * 1
    y = h * w
    h.zero_()
    y.sum().backward()
    assert (x.grad.item(), w.grad.item()) == (3.0, 2.0)


def test_clone_is_the_way_out():
    x = leaf([1.0, 2.0])
    h = mg.exp(x)
    k = h.clone()
    k.add_(1)
    (h.sum() + k.sum()).backward()
    np.testing.assert_allclose(x.grad.cpu().numpy(), 2 * np.exp([1.0, 2.0]))


def test_an_optimiser_step_between_forward_and_a_second_backward():
    # The classic: one forward pass, two backward passes, a step between them.
    layer = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
    optimizer = optim.SGD(layer.parameters(), lr=0.1)
    loss = layer(mg.ones(2, 3)).sum()
    loss.backward(retain_graph=True)
    at = line() + 1
    optimizer.step()
    assert_stale(loss.backward, "linear", at, "optimizer.step()")


@pytest.mark.parametrize(
    "make", [optim.SGD, optim.Adam, optim.AdamW, optim.NAdam, optim.RMSprop, optim.Adagrad]
)
def test_every_optimiser_tells_of_its_writes(make):
    w = leaf([2.0])
    optimizer = make([w], lr=0.1)
    loss = (w * w * w).sum()
    loss.backward(retain_graph=True)
    optimizer.step()
    with pytest.raises(RuntimeError, match="overwritten"):
        loss.backward()
    optimizer.zero_grad()
    (w * w).sum().backward()
    assert w.grad.item() == 2 * w.item()


def test_second_derivatives_see_writes():
    x = leaf([2.0])
    h = x * 1
    (g,) = autograd.grad((h**3).sum(), x, create_graph=True)
    h.zero_()
    with pytest.raises(RuntimeError, match="overwritten"):
        autograd.grad(g.sum(), x)


def test_accumulating_a_gradient_is_a_write():
    # The gradient of a gradient used as a value: accumulation overwrites it.
    x, w = leaf([2.0]), leaf([3.0])
    (x * x).sum().backward()
    y = w * x.grad
    (x * x).sum().backward()
    with pytest.raises(RuntimeError, match="mul saved a value"):
        y.sum().backward()


@pytest.mark.devices("cpu")
def test_a_write_by_numpy_is_not_seen():
    # As Tensor.numpy says: the array is the memory itself, and NumPy tells nobody.
    x = leaf([1.0, 2.0])
    h = x * 1
    y = h * h
    h.detach().numpy()[:] = 100.0
    y.sum().backward()
    assert x.grad.tolist() == [200.0, 200.0]


def test_the_line_is_the_innermost_of_the_learners_own():
    lines = []

    def reset(tensor):
        lines.append(line() + 1)
        tensor.fill_(0)

    x = leaf([1.0])
    h = x * 1
    y = h * h
    y.register_hook(lambda g: reset(h))  # called from within backward, before the rule of the product
    with pytest.raises(RuntimeError) as caught:
        y.sum().backward()
    assert f"{__file__}:{lines[0]}: tensor.fill_(0)" in str(caught.value)


def test_records_of_writes_go_with_the_memory():
    gc.collect()
    before = len(writes._writes)
    written = [mg.zeros(3).add_(1) for _ in range(50)]  # at the same time, so in memory of their own
    assert len(writes._writes) == before + 50
    del written
    gc.collect()
    assert len(writes._writes) == before


def test_an_array_that_gets_the_id_of_one_that_was_written():
    written = [np.zeros(3) for _ in range(50)]
    writes.mark(*written)
    ids = set(map(id, written))
    del written
    fresh = [np.zeros(3) for _ in range(200)]
    again = [array for array in fresh if id(array) in ids]
    assert again, "no id came again: the test shows nothing"
    assert all(writes.since(0, array) is None for array in again)
    writes.mark(*again)
    assert all(writes.since(0, array) is not None for array in again)
    del again, fresh
    gc.collect()
    assert not ids & set(writes._writes)


def test_a_write_does_not_read_the_source(monkeypatch):
    # An optimiser's step marks its parameters each time; the text of the line is for an error alone.
    read = []
    monkeypatch.setattr("linecache.getline", lambda *place: read.append(place) or "")
    writes.mark(np.zeros(3))
    assert read == []


def test_memory_given_to_another_array_is_not_accused():
    # A new array may get the id, and the address, of one that was written and freed.
    for _ in range(200):
        t = mg.zeros(3, dtype=mg.float64)
        t.add_(1)
        del t
        x = leaf([1.0, 2.0, 3.0])
        (x * x).sum().backward()


def test_two_threads_that_write():
    failures = []

    def work():
        try:
            for _ in range(300):
                x = leaf(np.ones(4))
                h = x * 1
                h.add_(1)
                (h * h).sum().backward()
                assert x.grad.tolist() == [4.0] * 4
        except BaseException as error:  # noqa: BLE001 (reported below)
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
