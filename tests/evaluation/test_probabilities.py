"""Softmax against numbers by hand; the mistakes in the order of their certainty."""

import numpy as np

from minigrad.evaluation.probabilities import softmax, surest_mistakes


def test_softmax_by_hand():
    np.testing.assert_allclose(softmax([[0.0, np.log(3.0)], [1000.0, 1000.0]]), [[0.25, 0.75], [0.5, 0.5]])


def test_the_surest_mistakes_come_first_and_equals_in_their_order():
    p = np.array([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8], [0.4, 0.6], [1.0, 0.0]])
    said = p.argmax(axis=1)  # 0 0 1 1 0
    targets = np.array([1, 1, 0, 0, 0])
    assert surest_mistakes(p, said, targets, 9).tolist() == [0, 2, 1, 3]
    assert surest_mistakes(p, said, targets, 2).tolist() == [0, 2]
    assert surest_mistakes(p, said, said, 2).tolist() == []
