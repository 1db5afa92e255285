"""A trained model as the teacher: what the student learns from it, what is refused, and what a resumed run repeats."""

import json
from dataclasses import replace
from hashlib import sha256

import numpy as np
import pytest
import torch
from accelerate import Accelerator

from sketch_classifier.errors import UserError
from sketch_classifier.models import shipped
from sketch_classifier.models.input import prepare
from sketch_classifier.models.network import build_network, num_outputs
from sketch_classifier.models.saved import About, load_model, save_model
from sketch_classifier.params import ModelPreset, Train
from sketch_classifier.training import batches as batches_module
from sketch_classifier.training import distillation, loop
from sketch_classifier.training.batches import Noise, place
from sketch_classifier.training.distillation import load_teachers, teaching
from sketch_classifier.training.losses import class_logits, divergence, training_loss
from sketch_classifier.training.mixing import Targets, mixed_batch
from sketch_classifier.training.train import _transform, train

COUNTS = (40, 12, 8)
CHANGED = {"flip": 0.5, "rotate": 10.0, "mixup": 0.5, "cutmix": 0.5}


@pytest.fixture
def write_teacher(tmp_path, write_dataset):
    """Write an untrained model that knows the dataset's classes; its folder."""

    def write(dataset, *, name="teacher", seed=5, task="multiclass", flip_average=False, **changes):
        preset = ModelPreset.model_validate(
            {
                "architecture": "cnn_small", "task": task, "input": {"size": 16, "channels": 1},
                "optimizer": {"name": "Adam", "lr": 0.001}, "batch_size": 16, "epochs": 1,
            } | {key: changes.pop(key) for key in list(changes) if key in ModelPreset.model_fields}
        )  # fmt: skip
        about = About(
            name=name, preset=preset, class_names=dataset.class_names(task), categories=dataset.categories,
            positive=dataset.positive, positive_name=dataset.positive_name, image_shape=(28, 28), channels=1,
            weights="none", failed_weights=(), frozen=False, flip_average=flip_average, num_parameters=1, num_train=1,
            num_validation=1, seed=seed, final={},
        )  # fmt: skip
        about = replace(about, **changes)
        outputs = num_outputs(task, len(about.class_names))
        save_model(tmp_path / name, build_network(preset.architecture, preset.input, outputs, seed), about)
        return tmp_path / name

    return write


def student(preset, teacher, *, consistent=True, **changes) -> ModelPreset:
    """The preset with that teacher, or those, whose every word counts."""
    teacher = [*map(str, teacher)] if isinstance(teacher, list) else str(teacher)
    distillation = {"teacher": teacher, "temperature": 2.0, "weight": 1.0, "consistent": consistent}
    return ModelPreset.model_validate(preset.model_dump() | {"distillation": distillation} | changes)


@pytest.fixture
def run(tmp_path):
    """Train into a folder of that name; the bytes of the files that come out, and model.json."""

    def run(dataset, preset, name="run"):
        folders = {key: tmp_path / name / key for key in ("out", "curves", "cache")}
        train(dataset, preset, Train(device="cpu", loggers=()), name="preset", seed=0, **folders)
        written = [path for key in ("out", "curves") for path in sorted(folders[key].rglob("*")) if path.is_file()]
        return {path.name: path.read_bytes() for path in written}, load_model(folders["out"])[1]

    return run


def asked(dataset, preset, noise, indices=None):
    """What the loop asks the teacher for: the student's inputs and the teacher's logits, of the training split."""
    accelerator = Accelerator(cpu=True)
    teachers = load_teachers(preset, dataset)
    own, *theirs = (
        place(dataset.images, dataset.rows("train"), dataset.targets(preset.task), accelerator.device, transform)
        for transform in (
            _transform(dataset, preset, taken)
            for taken in (preset.input, *(teacher.network.input for teacher in teachers))
        )
    )
    indices = torch.arange(len(own)) if indices is None else indices
    teach = teaching(teachers, theirs, preset, accelerator)
    inputs, targets = mixed_batch(own, indices, noise.again(), preset.augmentation)
    return inputs, teach(indices, noise, inputs, targets), teachers[0]


def test_the_divergence_is_that_of_the_definition():
    student, teacher = torch.randn(5, 4, requires_grad=True), torch.randn(5, 4)
    p, q = (teacher / 3).softmax(1), (student / 3).softmax(1)
    found = divergence(student, teacher, 3.0)
    torch.testing.assert_close(found, 9 * (p * (p.log() - q.log())).sum())
    (gradient,) = torch.autograd.grad(found, student)
    torch.testing.assert_close(gradient, 3 * (q - p).detach())  # T² × (q − p) / T
    assert float(divergence(teacher, teacher, 3.0)) == pytest.approx(0, abs=1e-6)


def test_a_binary_model_is_taught_as_the_two_classes_that_it_is(cnn):
    student, teacher = torch.tensor([[1.0], [-2.0]]), torch.tensor([[0.5], [3.0]])
    p, q = (teacher / 2).sigmoid(), (student / 2).sigmoid()
    expected = 4 * (p * (p / q).log() + (1 - p) * ((1 - p) / (1 - q)).log()).sum()
    two = [class_logits(logits, "binary") for logits in (student, teacher)]
    torch.testing.assert_close(divergence(*two, 2.0), expected)


@pytest.mark.parametrize("weight", [0.0, 0.3, 1.0])
def test_the_loss_weighs_labels_and_teacher(cnn, weight):
    distillation = {"teacher": "anywhere", "temperature": 2.0, "weight": weight}
    preset = ModelPreset.model_validate(cnn.model_dump() | {"distillation": distillation, "label_smoothing": 0.1})
    logits, teacher = torch.randn(6, 3), torch.randn(6, 3)
    targets = Targets(torch.arange(6) % 3, torch.arange(6) // 2, torch.linspace(0.5, 1, 6))
    expected = (1 - weight) * training_loss(logits, targets, preset) + weight * divergence(logits, teacher, 2.0)
    torch.testing.assert_close(training_loss(logits, targets, preset, teacher), expected)


def test_a_student_learns_what_the_teacher_says_and_not_the_labels(write_dataset, write_teacher, cnn, run):
    """The teacher calls every class by the name of the next one."""
    dataset = write_dataset((120, 30, 10))
    folder = write_teacher(dataset)
    right, _ = run(dataset, cnn.model_copy(update={"epochs": 6}), "teacher")
    (folder / "model.safetensors").write_bytes(right["model.safetensors"])
    about = json.loads(right["model.json"])
    about["class_names"] = ["middle", "low", "high"]
    (folder / "model.json").write_text(json.dumps(about))
    _, about = run(dataset, student(cnn, folder, epochs=6), "student")
    assert about.final["validation_accuracy"] < 0.2
    assert about.teacher_sha256 == sha256((folder / "model.safetensors").read_bytes()).hexdigest()


@pytest.mark.parametrize("augmentation", [{}, CHANGED])
def test_classes_go_by_their_names(write_dataset, write_teacher, cnn, augmentation):
    dataset = write_dataset(COUNTS)
    noise = Noise(3, 40, slice(None), "cpu")
    preset = student(cnn, write_teacher(dataset), augmentation=augmentation)
    _, expected, _ = asked(dataset, preset, noise)
    folder = write_teacher(dataset, name="other", class_names=("low", "cat", "high", "middle", "dog"))
    state = load_model(folder)[0].state_dict()
    mine = load_model(preset.distillation.teacher)[0].state_dict()
    for key, value in mine.items():
        state[key] = value
    for key in ("classifier.weight", "classifier.bias"):
        state[key] = torch.stack([mine[key][2], mine[key][0] + 1, mine[key][0], mine[key][1], mine[key][0] - 1])
    network, about = load_model(folder)
    network.load_state_dict(state)
    save_model(folder, network, about)
    _, found, _ = asked(dataset, student(cnn, folder, augmentation=augmentation), noise)
    torch.testing.assert_close(found, expected)


def test_a_teacher_of_the_same_input_sees_what_the_student_sees(write_dataset, write_teacher, cnn):
    dataset = write_dataset(COUNTS)
    preset = student(cnn, write_teacher(dataset), augmentation=CHANGED)
    inputs, logits, teacher = asked(dataset, preset, Noise(3, 40, slice(None), "cpu"))
    torch.testing.assert_close(logits, teacher.network(inputs))
    assert logits.requires_grad is False and not logits.is_inference()


def test_a_teacher_of_another_size_sees_the_same_changes(write_dataset, write_teacher, cnn):
    """Each network's image is resized to its own size and then changed by the same numbers."""
    dataset = write_dataset(COUNTS)
    size = {"size": 32, "channels": 3, "mean": [0.5], "std": [0.25]}
    folder = write_teacher(dataset, input=size)
    augmentation = {"flip": 0.5, "rotate": 10.0, "translate": 0.1, "mixup": 0.5}
    preset = student(cnn, folder, augmentation=augmentation)
    noise = Noise(3, 10, slice(None), "cpu")
    inputs, logits, _ = asked(dataset, preset, noise, torch.arange(20, 30))
    alone = student(cnn, folder, augmentation=augmentation, input=size)
    own, again, _ = asked(dataset, alone, noise, torch.arange(20, 30))
    torch.testing.assert_close(again, logits)  # as if the student took the teacher's input, too
    smaller = torch.nn.functional.interpolate(own[:, :1] * 0.25 + 0.5, (16, 16), mode="area")
    assert float(torch.corrcoef(torch.stack([smaller.flatten(), inputs.flatten()]))[0, 1]) > 0.97


def test_each_process_is_taught_its_share(write_dataset, write_teacher, cnn):
    dataset = write_dataset(COUNTS)
    for number, augmentation in enumerate(({}, CHANGED)):
        preset = student(cnn, write_teacher(dataset, name=f"teacher{number}"), augmentation=augmentation)
        _, whole, _ = asked(dataset, preset, Noise(3, 40, slice(None), "cpu"))
        for share in (slice(0, None, 2), slice(1, None, 2)):
            torch.testing.assert_close(asked(dataset, preset, Noise(3, 40, share, "cpu"))[1], whole[share])


def test_without_augmentation_the_teacher_is_asked_once(write_dataset, write_teacher, cnn, run, monkeypatch):
    dataset = write_dataset(COUNTS)
    preset = student(cnn, write_teacher(dataset), epochs=3)
    asked_for = []
    original = distillation._logits
    monkeypatch.setattr(
        distillation, "_logits", lambda *arguments: asked_for.append(len(arguments[1])) or original(*arguments)
    )
    once, _ = run(dataset, preset, "once")
    assert sum(asked_for) == 40
    monkeypatch.setattr(batches_module, "MEMORY_SHARE", 0)
    long, _ = run(dataset, preset, "long")
    assert sum(asked_for) == 40 + 3 * 40
    assert once["learning_curves.csv"] == long["learning_curves.csv"]


@pytest.mark.parametrize("augmentation", [{}, CHANGED])
def test_several_teachers_teach_the_mean_of_their_log_probabilities(write_dataset, write_teacher, cnn, augmentation):
    """Each sees the drawings at its own size, and its scale of logits does not count."""
    dataset = write_dataset(COUNTS)
    folders = [
        write_teacher(dataset, name="a"),
        write_teacher(dataset, name="b", seed=6, input={"size": 32, "channels": 1}),
    ]
    noise = Noise(3, 40, slice(None), "cpu")
    one, other = (asked(dataset, student(cnn, folder, augmentation=augmentation), noise)[1] for folder in folders)
    _, found, _ = asked(dataset, student(cnn, folders, augmentation=augmentation), noise)
    torch.testing.assert_close(found, (one.log_softmax(1) + other.log_softmax(1)) / 2)


@pytest.mark.parametrize("fits", [True, False])
def test_an_inconsistent_teacher_predicts_the_original_drawings(write_dataset, write_teacher, cnn, monkeypatch, fits):
    """As without augmentation: whatever the noise, and averaged over mirror images."""
    dataset = write_dataset(COUNTS)
    folder = write_teacher(dataset, flip_average=True, input={"size": 32, "channels": 1})
    _, expected, _ = asked(dataset, student(cnn, folder), Noise(3, 40, slice(None), "cpu"))
    if not fits:
        monkeypatch.setattr(distillation, "fits", lambda *arguments: False)
    changed = student(cnn, folder, consistent=False, augmentation={"flip": 0.5, "rotate": 10.0})
    for seed in (3, 4):
        _, found, _ = asked(dataset, changed, Noise(seed, 40, slice(None), "cpu"))
        torch.testing.assert_close(found, expected)


def test_an_inconsistent_teacher_mixes_the_probabilities(write_dataset, write_teacher, cnn):
    dataset = write_dataset(COUNTS)
    folder, noise = write_teacher(dataset), Noise(3, 10, slice(1, None, 2), "cpu")
    _, logits, _ = asked(dataset, student(cnn, folder), Noise(3, 40, slice(None), "cpu"))
    probabilities = logits.softmax(1)
    preset = student(cnn, folder, consistent=False, augmentation=CHANGED)
    indices = torch.arange(20, 30)
    _, found, _ = asked(dataset, preset, noise, indices)
    accelerator = Accelerator(cpu=True)
    own = place(
        dataset.images, dataset.rows("train"), dataset.targets("multiclass"), accelerator.device,
        _transform(dataset, preset, preset.input),
    )  # fmt: skip
    shares = mixed_batch(own, indices, noise.again(), preset.augmentation)[1].shares[:, None]
    partners = own.shuffle.partners(indices)
    expected = shares * probabilities[indices[1::2]] + (1 - shares) * probabilities[partners[1::2]]
    torch.testing.assert_close(found.exp(), expected)


def test_several_teachers_are_recorded_and_each_is_checked(write_dataset, write_teacher, cnn, run, capsys):
    dataset = write_dataset(COUNTS)
    folders = [write_teacher(dataset, name="a"), write_teacher(dataset, name="b", seed=6)]
    _, about = run(dataset, student(cnn, folders, epochs=1))
    digests = [sha256((folder / "model.safetensors").read_bytes()).hexdigest() for folder in folders]
    assert about.teacher_sha256 == tuple(digests)
    said = capsys.readouterr().err
    assert all(f"teacher: {folder.name} ({folder})" in said for folder in folders)
    _, single = run(dataset, student(cnn, folders[0], epochs=1), "single")
    assert single.teacher_sha256 == digests[0]
    with pytest.raises(UserError, match="nowhere: no model.json there"):
        load_teachers(student(cnn, [folders[0], "nowhere"]), dataset)


def test_mirror_images_are_looked_at_where_that_is_cheap(write_dataset, write_teacher, cnn):
    dataset = write_dataset(COUNTS)
    folder = write_teacher(dataset, flip_average=True)
    noise = Noise(3, 40, slice(None), "cpu")
    for augmentation, looks in (({}, True), ({"flip": 0.5}, False)):
        inputs, logits, teacher = asked(dataset, student(cnn, folder, augmentation=augmentation), noise)
        assert teacher.network.flip_average is looks
        torch.testing.assert_close(logits, teacher.network(inputs))


def test_a_frozen_student_is_taught_on_images_and_not_on_features(write_dataset, write_teacher, mobilenet, run):
    dataset = write_dataset(COUNTS)
    folder = write_teacher(dataset, task="binary")
    plain, _ = run(dataset, mobilenet.model_copy(update={"epochs": 1}), "plain")
    taught, about = run(dataset, student(mobilenet, folder, epochs=1), "taught")
    assert about.frozen and taught["model.safetensors"] != plain["model.safetensors"]


@pytest.mark.parametrize(
    ("theirs", "own", "said"),
    [
        ({"task": "binary"}, {}, "is a binary model, and this one is multiclass"),
        ({}, {"task": "binary"}, "is a multiclass model, and this one is binary"),
        ({"class_names": ("high", "cat")}, {}, "does not know middle, low"),
        ({"channels": "color"}, {}, "was trained on images with channels color, but the dataset has 1"),
        ({"task": "binary", "positive": ("low",)}, {"task": "binary"}, "another positive group"),
        (
            {"architecture": "conv_lstm", "input": {"kind": "strokes", "max_points": 20}}, {},
            "learns from strokes, but this model from images",
        ),
    ],
)  # fmt: skip
def test_a_teacher_that_does_not_fit_is_refused(write_dataset, write_teacher, cnn, run, tmp_path, theirs, own, said):
    dataset = write_dataset(COUNTS)
    preset = student(cnn, write_teacher(dataset, **theirs), **own)
    with pytest.raises(UserError, match=f"^distillation.teacher: .*{said}") as error:
        run(dataset, preset)
    assert "\n" not in str(error.value)
    assert not (tmp_path / "run").exists()


def test_a_teacher_that_is_missing_or_damaged_is_refused(write_dataset, write_teacher, cnn, tmp_path):
    dataset = write_dataset(COUNTS)
    with pytest.raises(UserError, match="^distillation.teacher: .*nowhere: no model.json there; the folder of a"):
        load_teachers(student(cnn, tmp_path / "nowhere"), dataset)
    folder = write_teacher(dataset)
    (folder / "model.safetensors").write_bytes(b"")
    with pytest.raises(UserError, match="teacher: not a model"):
        load_teachers(student(cnn, folder), dataset)
    (folder / "model.safetensors").unlink()
    with pytest.raises(UserError, match="no model.safetensors there"):
        load_teachers(student(cnn, folder), dataset)


def test_a_relative_folder_is_found_from_the_base(write_dataset, write_teacher, cnn, tmp_path, monkeypatch):
    dataset = write_dataset(COUNTS)
    folder = write_teacher(dataset)
    (tmp_path / "copy").mkdir()
    monkeypatch.chdir(tmp_path / "copy")
    preset = student(cnn, folder.name)
    (found,), (expected,) = load_teachers(preset, dataset, folder.parent), load_teachers(student(cnn, folder), dataset)
    assert found.about == expected.about
    with pytest.raises(UserError, match="no model.json there"):
        load_teachers(preset, dataset, tmp_path / "copy")


def test_models_of_the_package_go_by_their_names(write_dataset, write_teacher, cnn, tmp_path, monkeypatch):
    dataset = write_dataset(COUNTS)
    write_teacher(dataset, name="shipped")
    monkeypatch.setattr(shipped, "FOLDER", tmp_path)
    assert load_teachers(student(cnn, "shipped"), dataset)[0].about.name == "shipped"
    with pytest.raises(UserError, match="folder of a trained model is expected, shipped$"):
        load_teachers(student(cnn, "shiped"), dataset)


def test_a_teacher_changes_nothing_where_there_is_none(write_dataset, cnn):
    assert load_teachers(cnn, write_dataset(COUNTS)) == ()


@pytest.mark.parametrize("changed", [False, True])
def test_a_resumed_run_ends_with_the_same_bytes_unless_the_teacher_has_changed(
    write_dataset, write_teacher, cnn, run, monkeypatch, capsys, changed
):
    dataset = write_dataset(COUNTS)
    preset = student(cnn, write_teacher(dataset), epochs=3, augmentation=CHANGED, batch_size=16)
    undisturbed, _ = run(dataset, preset, "undisturbed")
    original = loop._train_epoch

    def dies(running, epoch, seed):
        if epoch == 3:
            raise KeyboardInterrupt
        return original(running, epoch, seed)

    monkeypatch.setattr(loop, "_train_epoch", dies)
    with pytest.raises(KeyboardInterrupt):
        run(dataset, preset, "killed")
    monkeypatch.undo()
    if changed:
        write_teacher(dataset, seed=6)
    capsys.readouterr()
    again, _ = run(dataset, preset, "killed")
    assert ("resuming after epoch 2" in capsys.readouterr().err) is not changed
    assert (again == undisturbed) is not changed


def test_prepared_inputs_of_a_teacher_are_those_of_its_own_input(write_dataset, write_teacher, cnn):
    """Without augmentation it answers as `predict` would."""
    dataset = write_dataset(COUNTS)
    folder = write_teacher(dataset, input={"size": 24, "channels": 3, "mean": [0.2], "std": [0.5]})
    _, logits, teacher = asked(dataset, student(cnn, folder), Noise(0, 40, slice(None), "cpu"))
    images = torch.from_numpy(np.array(dataset.images[dataset.rows("train")]))
    torch.testing.assert_close(logits, teacher.network(prepare(images, teacher.network.input)))
