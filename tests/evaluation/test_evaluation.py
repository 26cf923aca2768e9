"""What goes in: probabilities, labels, images; and every mistake in it is told."""

import numpy as np
import pytest
from scipy.special import softmax as scipy_softmax

import minigrad as mg
from minigrad.evaluation import (
    Calibration,
    ClassificationReport,
    ConfusionMatrix,
    Evaluation,
    Measured,
    RocCurves,
    TopK,
    class_scores,
    confusion_matrix,
)
from minigrad.evaluation.evaluation import softmax
from tests.evaluation.conftest import CLASSES, IMAGES, TARGETS, P


def test_logits_become_probabilities(small):
    np.testing.assert_allclose(small.probabilities, P, atol=1e-12)
    assert small.predictions.tolist() == [0, 1, 1, 1, 0, 2]
    assert small.accuracy == pytest.approx(4 / 6)
    assert repr(small) == "Evaluation(6 samples, 3 classes, accuracy 0.6667)"
    given = Evaluation(P.astype(np.float32), TARGETS, CLASSES, probabilities=True)
    np.testing.assert_allclose(given.probabilities, P, atol=1e-7)


def test_softmax_is_scipys_and_does_not_overflow():
    x = np.array([[1000.0, 999.0, -1000.0], [0.0, 0.0, 0.0]])
    np.testing.assert_allclose(softmax(x), scipy_softmax(x, axis=1))


def test_tensors_are_taken_as_they_come_from_a_network():
    evaluation = Evaluation(mg.tensor(np.log(P)), mg.tensor(TARGETS), CLASSES)
    assert evaluation.accuracy == pytest.approx(4 / 6)


def test_no_samples_are_an_error_everywhere():
    none = np.zeros(0, np.int64)
    makers = [
        lambda: Evaluation(np.zeros((0, 3)), none, CLASSES),
        lambda: ClassificationReport(none, none, CLASSES),
        lambda: ConfusionMatrix(none, none, CLASSES),
        lambda: Calibration(np.zeros(0), none),
        lambda: TopK(np.zeros((0, 3)), none),
        lambda: RocCurves(np.zeros((0, 3)), none, CLASSES),
    ]
    for make in makers:
        with pytest.raises(ValueError, match=r"there are no samples to measure\. Is the data set empty\?"):
            make()


@pytest.mark.parametrize("label", [3, -1])
def test_labels_out_of_range_are_an_error_everywhere(label):
    bad = np.array([0, 0, 1, 1, 1, label])
    makers = [
        lambda: Evaluation(np.log(P), bad, CLASSES),
        lambda: ClassificationReport(bad, TARGETS, CLASSES),
        lambda: ClassificationReport(TARGETS, bad, CLASSES),
        lambda: ConfusionMatrix(bad, TARGETS, CLASSES),
        lambda: ConfusionMatrix(TARGETS, bad, CLASSES),
    ]
    for make in makers:
        with pytest.raises(ValueError, match=rf"classes have the numbers 0 to 2; got .*{label}.*start at 0"):
            make()


def test_shapes_that_do_not_fit_are_told():
    with pytest.raises(ValueError, match=r"expected outputs \(N, 3\).*got shape \(6, 2\)"):
        Evaluation(P[:, :2], TARGETS, CLASSES)
    with pytest.raises(ValueError, match=r"class numbers \(N,\), got shape \(6, 3\).*argmax\(1\)"):
        Evaluation(P, np.eye(3, dtype=int)[TARGETS], CLASSES)
    with pytest.raises(ValueError, match="6 outputs and 5 targets"):
        Evaluation(P, TARGETS[:5], CLASSES)
    with pytest.raises(ValueError, match="integers; got float64"):
        Evaluation(P, TARGETS.astype(float), CLASSES)
    for kind in (ClassificationReport, ConfusionMatrix):
        with pytest.raises(ValueError, match="6 targets and 5 predictions"):
            kind(TARGETS, TARGETS[:5], CLASSES)


def test_outputs_that_are_no_numbers_are_told():
    outputs = np.log(P)
    outputs[2, 1] = np.nan
    with pytest.raises(ValueError, match=r"outputs of sample 2 are not all finite.*Did training diverge"):
        Evaluation(outputs, TARGETS, CLASSES)


def test_probabilities_that_are_none_are_told():
    with pytest.raises(ValueError, match=r"add up to 1.*leave probabilities=True out"):
        Evaluation(np.log(P), TARGETS, CLASSES, probabilities=True)


# Galleries.


def test_mistakes_are_the_wrong_ones_the_surest_first(small):
    gallery = small.mistakes(IMAGES, top=2)
    assert [item.number for item in gallery.items] == [4, 1]
    first = gallery.items[0]
    assert first.target == "dog" and not first.right
    assert [name for name, _ in first.predictions] == ["cat", "fox"]
    assert [p for _, p in first.predictions] == pytest.approx([0.95, 0.03])
    assert [line.split() for line in str(gallery).splitlines()[1:]] == [
        ["image", "is", "called"],
        ["4", "dog", "cat", "95%,", "fox", "3%"],
        ["1", "cat", "dog", "60%,", "cat", "30%"],
    ]
    figure = gallery.plot().figure()
    assert [text.get_text() for text in figure.axes[0].texts][:2] == [
        "is dog\ncat 95%\nfox 3%",
        "is cat\ndog 60%\ncat 30%",
    ]
    np.testing.assert_array_equal(figure.axes[0].images[0].get_array(), IMAGES[4])


def test_a_gallery_shows_the_images_asked_for(small):
    gallery = small.gallery(IMAGES, [5, 0])
    assert [(item.number, item.right) for item in gallery.items] == [(5, True), (0, True)]
    assert gallery.rows()[0] == {
        "image": 5,
        "target": "fox",
        "prediction": "fox",
        "probability": pytest.approx(0.7),
    }


def test_without_mistakes_there_is_nothing_to_draw():
    right = Evaluation(np.eye(3) * 9, [0, 1, 2], CLASSES)
    gallery = right.mistakes(IMAGES[:3])
    assert len(gallery) == 0 and str(gallery).startswith("No mistakes")
    with pytest.raises(ValueError, match="nothing to show"):
        gallery.plot()


def test_no_mistakes_are_an_empty_table(tmp_path):
    gallery = Evaluation(np.eye(3) * 9, [0, 1, 2], CLASSES).mistakes(IMAGES[:3])
    gallery.save(tmp_path / "none.csv")
    assert (tmp_path / "none.csv").read_text() == ""


def test_galleries_of_two_classes_name_both():
    evaluation = Evaluation([[3.0, 0.0], [0.0, 1.0], [2.0, 0.0]], [0, 0, 1], ["cat", "dog"])
    gallery = evaluation.mistakes(IMAGES[:3])
    assert [item.number for item in gallery.items] == [2, 1]
    assert [[name for name, _ in item.predictions] for item in gallery.items] == [
        ["cat", "dog"],
        ["dog", "cat"],
    ]


def test_a_gallery_shows_the_first_fifteen_or_all(small):
    assert [item.number for item in small.gallery(IMAGES).items] == [0, 1, 2, 3, 4, 5]
    many = Evaluation(np.tile(P, (3, 1)), np.tile(TARGETS, 3), CLASSES, probabilities=True)
    assert [item.number for item in many.gallery(np.tile(IMAGES, (3, 1, 1))).items] == list(range(15))


def test_galleries_name_what_does_not_fit(small):
    with pytest.raises(ValueError, match=r"an image for each of the 6 samples, got 5"):
        small.mistakes(IMAGES[:5])
    with pytest.raises(ValueError, match="top is from 1 to 3"):
        small.mistakes(IMAGES, top=4)
    with pytest.raises(ValueError, match="indices are from 0 to 5; got 0 to 6"):
        small.gallery(IMAGES, [0, 6])


# What all have in common.


def measurements(small):
    return [
        small.classification_report(),
        small.confusion_matrix(),
        small.top_k((1, 2)),
        small.roc(),
        small.calibration(),
        small.mistakes(IMAGES),
    ]


def test_each_saves_as_text_numbers_and_picture(small, tmp_path):
    import csv
    import json

    for one in measurements(small):
        assert isinstance(one, Measured)
        for suffix in (".txt", ".csv", ".json", ".png", ".svg"):
            one.save(tmp_path / f"file{suffix}")
        assert (tmp_path / "file.txt").read_text("utf-8") == f"{one}\n"
        assert repr(one) == str(one)
        assert json.loads((tmp_path / "file.json").read_text("utf-8")) == json.loads(
            json.dumps(one.to_dict())
        )
        with (tmp_path / "file.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        assert [list(row) for row in rows] == [list(row) for row in one.rows()]
        assert [list(row.values()) for row in rows] == [
            ["" if value is None else str(value) for value in row.values()] for row in one.rows()
        ]
        assert (tmp_path / "file.png").read_bytes().startswith(b"\x89PNG")
        assert b"<svg" in (tmp_path / "file.svg").read_bytes()
        assert one.plot().alt


def test_another_kind_of_file_is_an_error(small, tmp_path):
    with pytest.raises(ValueError, match=r"ends in \.txt, \.csv, \.json, .*'file\.xlsx'"):
        small.roc().save(tmp_path / "file.xlsx")
    assert not list(tmp_path.iterdir())


def test_each_class_has_a_name_of_its_own():
    """Of two classes with one name, the report and the curves would have shown one."""
    with pytest.raises(ValueError, match="'cat' is the name of more than one class"):
        Evaluation(np.eye(3), [0, 1, 2], ["cat", "dog", "cat"])
    with pytest.raises(ValueError, match="'cat' is the name of more than one class"):
        RocCurves(np.eye(3), np.array([0, 1, 2]), ["cat", "dog", "cat"])


def test_numbers_are_names_too(tmp_path):
    digits = Evaluation(np.eye(3), [0, 1, 2], range(3))
    for one in (digits.classification_report(), digits.confusion_matrix(), digits.roc()):
        assert str(one).splitlines()[1].split()[0] == "0"
        one.save(tmp_path / "picture.svg")
    for classes in (3, None, "abc"):
        with pytest.raises(TypeError, match=r"names of the classes .* got"):
            Evaluation(np.eye(3), [0, 1, 2], classes)


def test_targets_and_predictions_are_as_many():
    for measure in (class_scores, confusion_matrix, ClassificationReport, ConfusionMatrix):
        with pytest.raises(ValueError, match="there are 2 targets and 1 predictions"):
            measure(np.array([0, 1]), np.array([0]), ["cat", "dog"])


def test_a_gallery_tells_how_the_channels_come_last():
    sure = Evaluation(np.eye(2), [1, 0], ["cat", "dog"])
    for images, hint in (
        (np.zeros((2, 3, 8, 9)), r"images\.transpose\(0, 2, 3, 1\)"),
        (np.zeros((2, 1, 8, 9)), r"images\[:, 0\]"),
        (np.zeros((2, 64)), r"got shape \(2, 64\)\.$"),
    ):
        with pytest.raises(ValueError, match=hint):
            sure.mistakes(images)
    for count in (0, -1):
        with pytest.raises(ValueError, match=f"count must be at least 1, got {count}"):
            sure.mistakes(np.zeros((2, 8, 9)), count=count)
