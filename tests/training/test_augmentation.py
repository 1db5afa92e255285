"""Augmentation: what is asked for happens, to each drawing in its own way, to images and strokes alike."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import settings as run
from hypothesis import strategies as st
from torchvision.transforms import InterpolationMode
from torchvision.transforms import functional as vision

from sketch_classifier.models.input import resize_tensor
from sketch_classifier.params import Augmentation
from sketch_classifier.training.augmentation import augment_images, augment_strokes
from sketch_classifier.training.batches import Noise

SIZE = 64
EVERYTHING = Augmentation(flip=0.5, rotate=20.0, translate=0.1, scale=0.2, shear=15.0)
SETTINGS = st.builds(
    Augmentation,
    flip=st.sampled_from([0.0, 0.5, 1.0]),
    rotate=st.sampled_from([0.0, 15.0, 180.0]),
    translate=st.sampled_from([0.0, 0.1]),
    scale=st.sampled_from([0.0, 0.3]),
    shear=st.sampled_from([0.0, 25.0]),
)
SEEDS = st.integers(0, 2**56 - 1)
DEVICES = ["cpu", pytest.param("cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU"))]


class Extreme(Noise):
    """Every uniform number is the same: the nearer to 1 it is, the nearer everything to its upper bound."""

    def __init__(self, num_samples: int, value: float = 1.0):
        super().__init__(0, num_samples, slice(None), "cpu")
        self.value = value

    def uniform(self, *shape):
        return torch.full((self.num_samples, *shape), self.value)


def noise_for(batch: torch.Tensor, seed: int = 0) -> Noise:
    return Noise(seed, len(batch), slice(None), batch.device)


def pictures(num: int = 4, channels: int = 1, size: int = SIZE) -> torch.Tensor:
    """(num, channels, size, size): soft random pictures on background 0 with nothing near the border."""
    random = torch.rand(num, channels, 8, 8, generator=torch.Generator().manual_seed(1))
    middle = torch.nn.functional.interpolate(random, size=(size // 2, size // 2), mode="bilinear")
    return torch.nn.functional.pad(middle, [size // 4] * 4)


def blobs(points: torch.Tensor) -> torch.Tensor:
    """(B, 2) in 0–1 → (B, 1, SIZE, SIZE): a round spot at each point, x to the right and y down."""
    places = (torch.arange(SIZE) + 0.5) / SIZE
    x = torch.exp(-(((places - points[:, :1]) / 0.04) ** 2) / 2)
    y = torch.exp(-(((places - points[:, 1:]) / 0.04) ** 2) / 2)
    return (y[:, :, None] * x[:, None, :]).unsqueeze(1)


def centres(images: torch.Tensor) -> torch.Tensor:
    """(B, 2): the centre of mass of each image, x and y in 0–1."""
    places = (torch.arange(images.shape[-1]) + 0.5) / images.shape[-1]
    mass = images.sum((1, 2, 3))
    return torch.stack([(images.sum((1, 2)) @ places) / mass, (images.sum((1, 3)) @ places) / mass], dim=1)


def drawings(*drawn: list[int], length: int = 30) -> tuple[torch.Tensor, torch.Tensor]:
    """Points and pen of drawings of which the numbers of points of each stroke are given; no two points are equal."""
    pen = torch.zeros(len(drawn), length, dtype=torch.uint8)
    for row, strokes in zip(pen, drawn, strict=True):
        pens = [2 if left == 0 else 1 for num in strokes for left in reversed(range(num))]
        if pens:
            row[-len(pens) :] = torch.tensor(pens, dtype=torch.uint8)
    points = torch.rand(*pen.shape, 2, generator=torch.Generator().manual_seed(2))
    return points * (pen > 0).unsqueeze(2), pen


def strokes_of(points: torch.Tensor, pen: torch.Tensor) -> list[tuple[tuple[float, float], ...]]:
    """The strokes of one drawing, as its pen tells; fails where a point stands behind the last stroke."""
    strokes, current = [], []
    for point, value in zip(points.tolist(), pen.tolist(), strict=True):
        if value:
            current.append(tuple(point))
        if value == 2:
            strokes.append(tuple(current))
            current = []
    assert not current
    return strokes


# Nothing asked for


def test_all_zero_changes_nothing():
    images = pictures(channels=3)
    points, pen = drawings([3, 5], [], [4, 1, 2])
    assert torch.equal(augment_images(images, Augmentation(), noise_for(images)), images)
    same_points, same_pen = augment_strokes(points, pen, Augmentation(), noise_for(points))
    assert torch.equal(same_points, points) and torch.equal(same_pen, pen)


@run(deadline=None)
@given(seed=SEEDS)
def test_nothing_is_mirrored_where_the_dataset_forbids_it(seed):
    images = pictures()
    points, pen = drawings([3, 5], [4, 1, 2])
    flip = Augmentation(flip=1.0)
    assert torch.equal(augment_images(images, flip, noise_for(images, seed), mirror=False), images)
    assert torch.equal(augment_strokes(points, pen, flip, noise_for(points, seed), mirror=False)[0], points)
    # Nor within the affine map: it would be another picture than the one without flips.
    turned = Augmentation(rotate=20.0, shear=10.0)
    expected = augment_images(images, turned, noise_for(images, seed))
    both = turned.model_copy(update={"flip": 1.0})
    assert torch.equal(augment_images(images, both, noise_for(images, seed), mirror=False), expected)


def test_what_comes_in_stays_as_it_was():
    images = pictures()
    points, pen = drawings([3, 5], [4, 1, 2])
    before = [images.clone(), points.clone(), pen.clone()]
    for settings in (EVERYTHING, Augmentation(flip=1.0), Augmentation(erase=1.0)):
        augment_images(images, settings, noise_for(images))
    augment_strokes(points, pen, EVERYTHING.model_copy(update={"jitter": 0.1, "drop_strokes": 0.5}), noise_for(points))
    assert all(map(torch.equal, before, [images, points, pen]))


# Each change alone


def test_flip_is_exact_and_twice_the_same_again():
    images = pictures()
    points, pen = drawings([3, 5], [4, 1, 2])
    flip = Augmentation(flip=1.0)
    once = augment_images(images, flip, noise_for(images))
    assert torch.equal(once, images.flip(3))
    assert torch.equal(augment_images(once, flip, noise_for(images)), images)
    mirrored, same_pen = augment_strokes(points, pen, flip, noise_for(points))
    assert torch.equal(same_pen, pen)
    assert torch.allclose(mirrored[pen > 0], points[pen > 0] * torch.tensor([-1, 1]) + torch.tensor([1, 0]))
    assert torch.allclose(augment_strokes(mirrored, pen, flip, noise_for(points))[0], points, atol=1e-6)


def test_share_of_mirrored_drawings():
    images = pictures(1, size=8).expand(4000, -1, -1, -1)
    augmented = augment_images(images, Augmentation(flip=0.3), noise_for(images))
    mirrored = (augmented == images.flip(3)).flatten(1).all(1)
    kept = (augmented == images).flatten(1).all(1)
    assert (mirrored ^ kept).all()
    assert mirrored.float().mean() == pytest.approx(0.3, abs=0.03)


def test_quarter_turn_is_clockwise_for_images_and_strokes():
    images = pictures()
    quarter = Augmentation(rotate=90.0)
    assert torch.allclose(augment_images(images, quarter, Extreme(4)), images.rot90(-1, (2, 3)), atol=1e-4)
    points, pen = torch.tensor([[[0.9, 0.5], [0.5, 0.1]]]), torch.tensor([[1, 2]], dtype=torch.uint8)
    turned, _ = augment_strokes(points, pen, quarter, Extreme(1))
    assert torch.allclose(turned, torch.tensor([[[0.5, 0.9], [0.9, 0.5]]]), atol=1e-6)
    back = augment_images(images, quarter, Extreme(4, 0.0))
    assert torch.allclose(back, images.rot90(1, (2, 3)), atol=1e-4)


@pytest.mark.parametrize(
    ("settings", "angle", "shift", "scale"),
    [
        (Augmentation(rotate=30.0), 30.0, 0.0, 1.0),
        (Augmentation(translate=0.125), 0.0, 0.125, 1.0),
        (Augmentation(scale=0.25), 0.0, 0.0, 1.25),
        (Augmentation(rotate=20.0, translate=0.0625, scale=0.2), 20.0, 0.0625, 1.2),
    ],
)
def test_largest_change_is_what_torchvision_does(settings, angle, shift, scale):
    images = pictures(size=SIZE)
    expected = vision.affine(images, angle, [shift * SIZE] * 2, scale, [0.0, 0.0], InterpolationMode.BILINEAR)
    assert not torch.allclose(expected, images, atol=0.1)
    assert torch.allclose(augment_images(images, settings, Extreme(4)), expected, atol=1e-4)


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_shear_leans_upright_lines_by_its_angle(value):
    points = torch.tensor([[[0.5, 0.1], [0.5, 0.9], [0.1, 0.5], [0.9, 0.5]]])
    pen = torch.tensor([[1, 2, 1, 2]], dtype=torch.uint8)
    leaning, _ = augment_strokes(points, pen, Augmentation(shear=30.0), Extreme(1, value))
    top, bottom, left, right = leaning[0]
    assert torch.allclose(torch.stack([left, right]), points[0, 2:], atol=1e-6)  # level lines stay
    assert (bottom - top)[1] == pytest.approx(0.8)
    angle = math.degrees(math.atan2((bottom - top)[0], (bottom - top)[1]))
    assert abs(angle) == pytest.approx(30, abs=0.01)
    assert (angle > 0) == (value == 1.0)


def test_turned_and_leaning_drawings_keep_their_area_and_their_level_lines():
    points, pen = torch.tensor([[[0.2, 0.3], [0.8, 0.3], [0.2, 0.7]]]), torch.tensor([[1, 1, 2]], dtype=torch.uint8)
    points, pen = points.expand(100, -1, -1), pen.expand(100, -1)
    moved, _ = augment_strokes(points, pen, Augmentation(rotate=90.0, shear=40.0), noise_for(points))
    level, upright = moved[:, 1] - moved[:, 0], moved[:, 2] - moved[:, 0]
    assert torch.allclose(level.norm(dim=1), torch.tensor(0.6))
    assert torch.allclose(level[:, 0] * upright[:, 1] - level[:, 1] * upright[:, 0], torch.tensor(0.6 * 0.4))
    assert upright.norm(dim=1).max() > 0.45  # and lean all the same


def test_scale_is_between_its_bounds_and_as_often_smaller_as_larger():
    points, pen = torch.tensor([[[0.25, 0.5], [0.75, 0.5]]]), torch.tensor([[1, 2]], dtype=torch.uint8)
    points, pen = points.expand(4000, -1, -1), pen.expand(4000, -1)
    scaled, _ = augment_strokes(points, pen, Augmentation(scale=0.5), noise_for(points))
    scale = (scaled[:, 1, 0] - scaled[:, 0, 0]) / 0.5
    assert 1 / 1.5 - 1e-5 <= scale.min() < 0.68 and 1.48 < scale.max() <= 1.5 + 1e-5
    assert scale.log().mean() == pytest.approx(0, abs=0.02)


@run(deadline=None)
@given(seed=SEEDS)
def test_translation_moves_the_centre_of_mass_and_nothing_else(seed):
    images = blobs(torch.full((20, 2), 0.5))
    moved = augment_images(images, Augmentation(translate=0.2), noise_for(images, seed))
    shifts = centres(moved) - 0.5
    assert shifts.abs().max() <= 0.2 + 1e-4
    assert torch.allclose(moved, blobs(shifts + 0.5), atol=0.05)
    assert shifts.std(0).min() > 0.02


@run(deadline=None)
@given(settings=SETTINGS, seed=SEEDS, x=st.floats(0.35, 0.65), y=st.floats(0.35, 0.65))
def test_the_same_noise_moves_images_and_strokes_alike(settings, seed, x, y):
    points = torch.tensor([[[x, y]]]).repeat(6, 1, 1)
    pen = torch.full((6, 1), 2, dtype=torch.uint8)
    moved, _ = augment_strokes(points, pen, settings, noise_for(points, seed))
    images = augment_images(blobs(points[:, 0]), settings, noise_for(points, seed))
    assert (centres(images) - moved[:, 0]).abs().max() < 0.002  # of the side: an eighth of a pixel


@run(deadline=None)
@given(settings=SETTINGS, seed=SEEDS, x=st.floats(0.35, 0.65), y=st.floats(0.35, 0.65))
def test_the_same_noise_warps_images_and_strokes_alike(settings, seed, x, y):
    settings = settings.model_copy(update={"elastic": 0.01})
    points = torch.tensor([[[x, y]]]).repeat(6, 1, 1)
    pen = torch.full((6, 1), 2, dtype=torch.uint8)
    moved, _ = augment_strokes(points, pen, settings, noise_for(points, seed))
    places = (torch.arange(SIZE) + 0.5) / SIZE
    images = torch.stack(torch.meshgrid(places, places, indexing="xy")).expand(6, -1, -1, -1)  # of x and of y
    images = augment_images(images, settings, noise_for(points, seed), padding="border")
    come_from = torch.nn.functional.grid_sample(images, 2 * moved.unsqueeze(1) - 1, align_corners=False)[:, :, 0, 0]
    assert (come_from - points[:, 0]).norm(dim=1).max() < 0.003  # of the side: a fifth of a pixel
    still, _ = augment_strokes(points, pen, settings.model_copy(update={"elastic": 0.0}), noise_for(points, seed))
    assert (moved - still).norm(dim=2).max() > 0.006


def test_elastic_displacements_are_smooth_and_of_their_standard_deviation():
    places = torch.linspace(0, 1, 41)
    points = torch.stack(torch.meshgrid(places, places, indexing="xy"), dim=2).view(1, -1, 2).expand(2000, -1, -1)
    pen = torch.ones(points.shape[:2], dtype=torch.uint8)
    moved, same_pen = augment_strokes(points, pen, Augmentation(elastic=0.001), noise_for(points))
    assert torch.equal(same_pen, pen)
    steps = ((moved - points) / 0.001).view(2000, 41, 41, 2)
    at_control_points = steps[:, ::10, ::10]
    assert at_control_points.mean((0, 1, 2)).abs().max() < 0.05
    assert at_control_points.std((0, 1, 2)).tolist() == pytest.approx([1, 1], rel=0.05)
    assert steps.diff(dim=1).abs().amax((1, 2, 3)).mean() < 0.7  # between neighbours; control points differ by up to 5


@pytest.mark.parametrize("channels", [1, 3])
def test_elastic_warps_each_image_in_its_own_way_and_all_channels_alike(channels):
    images = blobs(torch.full((6, 2), 0.5)).expand(-1, channels, -1, -1)
    warped = augment_images(images, Augmentation(elastic=0.05), noise_for(images))
    assert torch.equal(warped, warped[:, :1].expand_as(warped))
    middles = centres(warped)
    assert torch.cdist(middles, middles).add(torch.eye(6)).min() > 0.001
    assert warped.sum((1, 2, 3)).tolist() == pytest.approx(images.sum((1, 2, 3)).tolist(), rel=0.5)


# Erasing and what lies outside


def test_erased_share_and_shape():
    images = torch.ones(2000, 3, SIZE, SIZE)
    erased = augment_images(images, Augmentation(erase=1.0), noise_for(images)) == 0
    assert (erased == erased[:, :1]).all()  # all channels alike
    erased = erased[:, 0]
    rows, columns = erased.any(2), erased.any(1)
    assert torch.equal(erased, rows[:, :, None] & columns[:, None, :])
    height, width = rows.sum(1).float(), columns.sum(1).float()
    for lines, extent in ((rows, height), (columns, width)):
        assert ((lines[:, 1:] != lines[:, :-1]).sum(1) <= 2).all() and (extent > 0).all()
        assert lines.any(0).all()  # anywhere, up to the border
    area = height * width / SIZE**2
    assert area.mean() == pytest.approx(0.11, abs=0.01)
    assert 0.01 < area.min() < 0.03 and 0.19 < area.max() < 0.22
    assert 0.25 < (width / height).min() < 0.4 and 2.5 < (width / height).max() < 4
    assert (width / height).log().mean() == pytest.approx(0, abs=0.1)


def test_share_of_images_that_are_erased():
    images = torch.ones(4000, 1, 16, 16)
    augmented = augment_images(images, Augmentation(erase=0.25), noise_for(images))
    assert (augmented == 0).flatten(1).any(1).float().mean() == pytest.approx(0.25, abs=0.03)


def test_outside_is_background_or_the_border_as_asked_for():
    images = torch.full((8, 3, SIZE, SIZE), 0.7)
    turn = Augmentation(rotate=45.0)
    dark = augment_images(images, turn, Extreme(8))
    assert dark[:, :, 0, 0].max() == 0 and dark[0, 0, SIZE // 2, SIZE // 2] == pytest.approx(0.7)
    assert torch.allclose(augment_images(images, turn, Extreme(8), padding="border"), images)


# Strokes


@run(deadline=None)
@given(
    drawn=st.lists(st.lists(st.integers(1, 5), max_size=6), min_size=1, max_size=5),
    share=st.floats(0, 0.99),
    seed=SEEDS,
)
def test_strokes_are_left_out_whole_and_never_all(drawn, share, seed):
    points, pen = drawings(*drawn)
    settings = Augmentation(drop_strokes=share)
    new_points, new_pen = augment_strokes(points, pen, settings, noise_for(points, seed))
    assert new_pen.dtype == torch.uint8 and new_points.shape == points.shape
    for row, expected in enumerate(drawn):
        present = new_pen[row] > 0
        assert (present.int().diff() >= 0).all()  # nothing before, then points to the end
        assert (new_points[row][~present] == 0).all()
        before = strokes_of(points[row], pen[row])
        after = strokes_of(new_points[row], new_pen[row])
        assert after == [stroke for stroke in before if stroke in after]  # some of the strokes, in their order
        assert len(after) >= min(1, len(expected))


@pytest.mark.parametrize(("num_strokes", "share"), [(6, 0.2), (3, 0.5), (1, 0.9)])
def test_how_many_strokes_are_left_out(num_strokes, share):
    points, pen = drawings([2] * num_strokes)
    points, pen = points.expand(5000, -1, -1), pen.expand(5000, -1)
    _, left = augment_strokes(points, pen, Augmentation(drop_strokes=share), noise_for(points))
    stays = (left == 2).sum(1).float()
    # Each is left out with its probability, but where all would be (share^n), one stays.
    assert (num_strokes - stays).mean() == pytest.approx(num_strokes * share - share**num_strokes, abs=0.05)


def test_any_stroke_may_be_the_one_that_stays():
    points, pen = drawings([1, 2, 3])
    points, pen = points.expand(3000, -1, -1), pen.expand(3000, -1)
    _, left = augment_strokes(points, pen, Augmentation(drop_strokes=0.98), noise_for(points))
    lengths = (left > 0).sum(1)
    for length in (1, 2, 3):
        assert (lengths == length).float().mean() == pytest.approx(1 / 3, abs=0.05)


def test_jitter_moves_each_point_by_its_standard_deviation():
    points, pen = drawings(*[[10, 10]] * 500)
    moved, same_pen = augment_strokes(points, pen, Augmentation(jitter=0.02), noise_for(points))
    assert torch.equal(same_pen, pen)
    assert (moved[pen == 0] == 0).all()
    steps = (moved - points)[pen > 0]
    assert steps.mean(0).abs().max() < 0.001
    assert steps.std(0).tolist() == pytest.approx([0.02, 0.02], rel=0.05)
    assert abs(torch.corrcoef(steps.T)[0, 1]) < 0.05


@run(deadline=None)
@given(settings=SETTINGS, seed=SEEDS)
def test_no_point_appears_where_there_was_none(settings, seed):
    points, pen = drawings([3, 5], [], [4, 1, 2])
    moved, same_pen = augment_strokes(points, pen, settings, noise_for(points, seed))
    assert torch.equal(same_pen, pen)
    assert (moved[pen == 0] == 0).all()


# Batches


def test_same_seed_same_drawings_and_each_in_its_own_way():
    images = pictures(1).expand(16, -1, -1, -1)
    points, pen = drawings(*[[3, 5, 4]] * 16)
    points = points[:1].expand(16, -1, -1)
    pixels = EVERYTHING.model_copy(update={"erase": 0.5})
    strokes = EVERYTHING.model_copy(update={"drop_strokes": 0.2, "jitter": 0.01})
    first, again, other = (augment_images(images, pixels, noise_for(images, seed)) for seed in (1, 1, 2))
    assert torch.equal(first, again) and not torch.equal(first, other)
    assert len(first.unique(dim=0)) == 16
    first, again, other = (augment_strokes(points, pen, strokes, noise_for(points, seed))[0] for seed in (1, 1, 2))
    assert torch.equal(first, again) and not torch.equal(first, other)
    assert len(first.unique(dim=0)) == 16


@pytest.mark.parametrize("num_processes", [2, 3])
def test_processes_that_share_a_batch_get_what_one_would(num_processes):
    images = pictures(20)
    points, pen = drawings(*[[3, 5, 4]] * 20)
    pixels = EVERYTHING.model_copy(update={"erase": 0.5})
    strokes = EVERYTHING.model_copy(update={"drop_strokes": 0.4, "jitter": 0.01})
    all_images = augment_images(images, pixels, noise_for(images, 5))
    all_points, all_pen = augment_strokes(points, pen, strokes, noise_for(points, 5))
    for index in range(num_processes):
        share = slice(index, None, num_processes)
        part = augment_images(images[share], pixels, Noise(5, 20, share, "cpu"))
        assert torch.allclose(part, all_images[share], atol=1e-4)
        part, part_pen = augment_strokes(points[share], pen[share], strokes, Noise(5, 20, share, "cpu"))
        assert torch.allclose(part, all_points[share], atol=1e-5)
        assert torch.equal(part_pen, all_pen[share])


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("channels", [1, 3])
def test_images_keep_their_shape_type_and_device(device, channels):
    images = pictures(channels=channels).to(device)
    augmented = augment_images(images, EVERYTHING.model_copy(update={"erase": 0.5}), noise_for(images))
    assert (augmented.shape, augmented.dtype, augmented.device) == (images.shape, torch.float32, images.device)
    assert augmented.min() >= 0 and augmented.max() <= 1 + 1e-5


@pytest.mark.parametrize("device", DEVICES)
def test_strokes_keep_their_shape_type_and_device(device):
    points, pen = (tensor.to(device) for tensor in drawings([3, 5], [], [4, 1, 2]))
    settings = EVERYTHING.model_copy(update={"drop_strokes": 0.4, "jitter": 0.01})
    new_points, new_pen = augment_strokes(points, pen, settings, noise_for(points))
    assert (new_points.shape, new_points.dtype, new_points.device) == (points.shape, torch.float32, points.device)
    assert (new_pen.shape, new_pen.dtype, new_pen.device) == (pen.shape, torch.uint8, pen.device)


def test_real_drawings_stay_the_drawings_they_are(mirror):
    stored = np.load(mirror / "numpy_bitmap" / "cat.npy", mmap_mode="r")[:200].reshape(-1, 1, 28, 28)
    images = resize_tensor(torch.from_numpy(np.array(stored)), SIZE).float() / 255
    settings = Augmentation(rotate=15.0, translate=0.1, scale=0.15, shear=10.0)
    augmented = augment_images(images, settings, noise_for(images))
    ink = augmented.sum((1, 2, 3)) / images.sum((1, 2, 3))
    assert 0.6 < ink.min() and ink.max() < 1.5  # hardly any ink is lost at the border
    assert (centres(augmented) - centres(images)).abs().max() < 0.2
