"""Decoded pictures: what a network is trained on is what it is given at work."""

from __future__ import annotations

import gc
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
import torch
from PIL import Image
from torchvision import tv_tensors

from training_factories import NO_AUGMENT, SPEC, class_folder, head, mask_folder, save
from tumordesk.core.errors import DataError, WriteError
from tumordesk.core.model_card import InputSpec, Normalisation
from tumordesk.core.training_run import AugmentConfig, DataConfig, LossConfig
from tumordesk.imaging.preprocess import Preparer
from tumordesk_training import dataset
from tumordesk_training.data import Case
from tumordesk_training.dataset import Cache, EpochSampler, Slices, build_cache
from tumordesk_training.images import load_grey, load_mask
from tumordesk_training.label_map import LabelMap
from tumordesk_training.layouts import scan
from tumordesk_training.losses import Loss, class_weights, dice_loss, picture_dice_loss
from tumordesk_training.presets import PRESETS, plain_transform, train_transform

BINARY = ("background", "tumour")


def cache_of(root: Path, spec: InputSpec = SPEC, **config: object) -> tuple[Cache, list[Case]]:
    data_config = DataConfig(root=str(root), **config)  # type: ignore[arg-type]
    cases = list(scan(root, data_config).cases)
    return build_cache(cases, data_config, spec, BINARY, "segmentation"), cases


@pytest.fixture(scope="module")
def scans(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return mask_folder(tmp_path_factory.mktemp("scans"), patients=3, slices=3)


@pytest.mark.parametrize("volumes", [True, False])
def test_a_picture_in_training_is_the_one_at_work(scans: Path, volumes: bool) -> None:
    cache, cases = cache_of(scans, volumes=volumes)
    assert len(cache) == len(cases) == 9
    for group in {case.group for case in cases}:
        own = [i for i, case in enumerate(cases) if case.group == group]
        stacks = [own] if volumes else [[i] for i in own]
        for stack in stacks:
            grey = np.stack([load_grey(cases[i].image) for i in stack])
            preparer = Preparer(grey, None, SPEC)
            for position, index in enumerate(stack):
                unit = preparer.unit(position)
                assert np.abs(cache.images[index] / 255 - unit).max() <= 1 / 255


def test_the_network_gets_what_inference_gives_it(scans: Path) -> None:
    from tumordesk_training.validate import Scaler

    spec = InputSpec(
        channels=3, size=(32, 32), normalisation=Normalisation(mean=(0.4, 0.5, 0.6), std=(0.2,))
    )
    cache, cases = cache_of(scans, spec)
    scale = Scaler(spec, torch.device("cpu"), torch.contiguous_format)
    given = scale(torch.from_numpy(np.array(cache.images[:1]))[:, None].float() / 255)
    wanted = Preparer(load_grey(cases[0].image)[None], None, spec).batch([0])
    assert np.abs(given.numpy() - wanted).max() <= 1 / 255 / 0.2 + 1e-6


@pytest.mark.parametrize("neighbours", [0, 1, 2])
def test_the_network_gets_the_neighbours_that_inference_gives_it(
    scans: Path, neighbours: int
) -> None:
    spec = InputSpec(channels=2 * neighbours + 1, size=SPEC.size, neighbours=neighbours)
    cache, cases = cache_of(scans, spec, volumes=True)
    for group in {case.group for case in cases}:
        own = [i for i, case in enumerate(cases) if case.group == group]
        preparer = Preparer(np.stack([load_grey(cases[i].image) for i in own]), None, spec)
        given = cache.channels(own, neighbours) / 255
        assert np.abs(given - preparer.batch(range(len(own)))).max() <= 1 / 255


def test_neighbours_come_from_either_end_and_move_together(scans: Path) -> None:
    spec = replace(SPEC, channels=3, neighbours=1)
    cache, _ = cache_of(scans, spec, volumes=True)
    slices = Slices(cache, plain_transform(SPEC.size), neighbours=1)
    plain = torch.from_numpy(cache.channels([1], 1)[0]) / 255
    torch.manual_seed(0)
    seen = [slices[1][0] for _ in range(12)]
    kept = [torch.allclose(picture, plain, atol=1e-6) for picture in seen]
    turned = [torch.allclose(picture, plain.flip(0), atol=1e-6) for picture in seen]
    assert any(kept)
    assert any(turned)
    assert all(a or b for a, b in zip(kept, turned, strict=True))


def test_a_slice_is_shown_alone_as_often_as_asked(scans: Path) -> None:
    cache, _ = cache_of(scans, replace(SPEC, channels=3, neighbours=1), volumes=True)
    slices = Slices(cache, plain_transform(SPEC.size), neighbours=1, alone=0.5)
    own = torch.from_numpy(cache.images[1]) / 255
    torch.manual_seed(0)
    seen = [slices[1][0] for _ in range(40)]
    alone = [all(torch.allclose(channel, own, atol=1e-6) for channel in s) for s in seen]
    assert all(torch.allclose(s[1], own, atol=1e-6) for s in seen)
    assert 10 <= sum(alone) <= 30


def test_masks_lie_where_the_pictures_lie(scans: Path) -> None:
    cache, cases = cache_of(scans)
    for index, case in enumerate(cases):
        assert set(np.unique(cache.targets[index])) <= {0, 1}
        inside = cache.images[index][cache.targets[index] > 0]
        if case.key.endswith("_0.png"):
            assert not inside.size
        else:
            assert inside.mean() > cache.images[index].mean() + 50


def test_a_memory_map_holds_the_same_and_leaves_nothing(
    scans: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    held, _ = cache_of(scans)
    mapped, _ = cache_of(scans, cache_mb=0)
    assert isinstance(mapped.images, np.memmap)
    assert isinstance(mapped.targets, np.memmap)
    assert mapped.memory_mb == 0
    np.testing.assert_array_equal(mapped.images, held.images)
    np.testing.assert_array_equal(mapped.targets, held.targets)
    del mapped
    gc.collect()
    assert list(tmp_path.iterdir()) == []


def test_a_disk_without_room_for_the_memory_map(
    scans: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(dataset.os, "posix_fallocate", full, raising=False)
    with pytest.raises(WriteError, match=r"no room for .*No space left.*cache_mb"):
        cache_of(scans, cache_mb=0)


def test_classes_become_numbers(tmp_path: Path) -> None:
    config = DataConfig(root=str(class_folder(tmp_path, each=2)))
    cases = scan(tmp_path, config).cases
    cache = build_cache(cases, config, SPEC, ("ring", "blob"), "classification")
    assert cache.targets.tolist() == [1, 1, 0, 0]
    with pytest.raises(DataError, match=r"of the class 'ring'"):
        build_cache(cases, config, SPEC, ("blob", "cube"), "classification")


def write_pair(root: Path, name: str, slices: int) -> None:
    pairs = [head(n + 1) for n in range(slices)]
    for suffix, position in (("", 0), ("_mask", 1)):
        image = sitk.GetImageFromArray(np.stack([pair[position] for pair in pairs]))
        image.SetSpacing((1.0, 2.0, 3.0))
        image.SetDirection((0, 1, 0, 1, 0, 0, 0, 0, 1))
        sitk.WriteImage(image, str(root / f"{name}{suffix}.nii.gz"))


def test_nifti_volumes_give_a_picture_for_each_slice(tmp_path: Path) -> None:
    for name, slices in (("a", 2), ("b", 3)):
        write_pair(tmp_path, name, slices)
    (tmp_path / "c.nii.gz").write_bytes(b"no volume")
    (tmp_path / "c_mask.nii.gz").write_bytes(b"no volume")
    cache, _ = cache_of(tmp_path)
    assert cache.groups == ("a.nii.gz",) * 2 + ("b.nii.gz",) * 3
    assert [key for key, _ in cache.unread] == ["c.nii.gz"]
    # The columns of the file run to posterior: turned to the canonical view, like the mask.
    for image, target in zip(cache.images, cache.targets, strict=True):
        assert image[target > 0].mean() > image.mean() + 50


def test_bad_files_are_left_out_and_told(tmp_path: Path) -> None:
    root = mask_folder(tmp_path, patients=2, slices=3)
    (root / "TCGA_AA_0000_1.png").write_bytes(b"nothing")
    save(root / "TCGA_AA_0001_2_mask.png", np.zeros((3, 3), np.uint8))
    cache, _ = cache_of(root, volumes=True)
    assert len(cache) == len(cache.images) == len(cache.targets) == 4
    assert [key for key, _ in cache.unread] == ["TCGA_AA_0000_1.png", "TCGA_AA_0001_2.png"]
    assert "cannot be read" in cache.unread[0][1]
    assert "must have" not in cache.unread[1][1]


def test_slices_of_several_sizes_in_one_patient(tmp_path: Path) -> None:
    root = mask_folder(tmp_path, patients=1, slices=2)
    picture, mask = head(5)
    save(root / "TCGA_AA_0000_7.png", picture[:20])
    save(root / "TCGA_AA_0000_7_mask.png", mask[:20])
    cache, _ = cache_of(root, volumes=True)
    assert len(cache) == 3


@pytest.mark.parametrize("values", [(0, 1), (0, 255), (0, 4), (0, 200)])
def test_masks_of_two_classes_in_the_ways_people_write_them(
    values: tuple[int, int], tmp_path: Path
) -> None:
    wanted = np.eye(4, dtype=np.uint8)
    path = save(tmp_path / "m.png", np.where(wanted > 0, values[1], values[0]).astype(np.uint8))
    np.testing.assert_array_equal(load_mask(path), wanted)


def test_masks_of_more_classes(tmp_path: Path) -> None:
    numbers = np.array([[0, 1], [2, 1]], dtype=np.uint8)
    np.testing.assert_array_equal(
        load_mask(save(tmp_path / "m.png", numbers), LabelMap(3)), numbers
    )
    picture = Image.new("P", (2, 2))
    picture.putdata(numbers.reshape(-1).tolist())
    picture.putpalette([0, 0, 0, 200, 0, 0, 0, 0, 200] + [0] * 759)
    picture.save(tmp_path / "p.png")
    np.testing.assert_array_equal(load_mask(tmp_path / "p.png", LabelMap(3)), numbers)
    with pytest.raises(DataError, match="value 3, but there are only 3"):
        LabelMap(3).read("m", numbers + np.uint8(1))


def test_pictures_are_read_as_the_program_reads_them(tmp_path: Path) -> None:
    turned = Image.fromarray(head(1)[0])
    exif = turned.getexif()
    exif[0x0112] = 6
    turned.save(tmp_path / "t.png", exif=exif)
    assert load_grey(tmp_path / "t.png").shape == (36, 40)
    colour = np.zeros((4, 4, 3), np.uint8)
    colour[..., 1] = 100
    save(tmp_path / "c.png", colour)
    assert load_grey(tmp_path / "c.png").max() == pytest.approx(58.7)
    assert load_grey(tmp_path / "c.png", 1).max() == 100
    wide = Image.fromarray(np.full((4, 4), 4000, np.uint16))
    wide.save(tmp_path / "w.png")
    assert load_grey(tmp_path / "w.png").max() == 4000


STRONG = AugmentConfig(
    flip=0.5, flip_vertical=0.5, quarter_turn=0.5, rotation_deg=40.0, scale=(0.7, 1.3), shift=0.1,
    brightness=0.0, contrast=0.0, gamma=0.0, noise=0.0, blur=0.0,
)  # fmt: skip


def test_augmentation_moves_picture_and_mask_together() -> None:
    torch.manual_seed(3)
    transform = train_transform(STRONG, (64, 64))
    mask = torch.zeros(64, 64, dtype=torch.uint8)
    mask[20:34, 24:44] = 1
    for _ in range(30):
        picture, moved = transform(tv_tensors.Image(mask[None] * 255), tv_tensors.Mask(mask))
        assert set(moved.unique().tolist()) <= {0, 1}
        found = picture[0] > 0.5
        both = float((found & (moved > 0)).sum())
        assert 2 * both / float(found.sum() + (moved > 0).sum()) > 0.93


@pytest.mark.filterwarnings("error")
def test_erasing_leaves_the_mask_alone_and_says_nothing() -> None:
    torch.manual_seed(3)
    transform = train_transform(replace(NO_AUGMENT, erase=1.0), (64, 64))
    mask = torch.ones(64, 64, dtype=torch.uint8)
    picture, kept = transform(tv_tensors.Image(mask[None] * 255), tv_tensors.Mask(mask))
    assert 0 < int((picture == 0).sum()) < 64 * 64 * 0.07
    assert torch.equal(kept.as_subclass(torch.Tensor), mask)


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_presets_keep_the_range_and_the_air_black(name: str, scans: Path) -> None:
    torch.manual_seed(1)
    cache, _ = cache_of(scans)
    quiet = replace(PRESETS[name], noise=0.0, blur=0.0)
    slices = Slices(cache, train_transform(quiet, (32, 32)))
    for index in range(len(cache)):
        picture, target = slices[index]
        assert picture.shape == (1, 32, 32)
        assert 0.0 <= float(picture.min()) <= float(picture.max()) <= 1.0
        assert float(picture[0, 0, 0]) == 0.0
        assert target.dtype is torch.int64


def test_without_augmentation_nothing_changes(scans: Path) -> None:
    cache, _ = cache_of(scans)
    for transform in (train_transform(NO_AUGMENT, (32, 32)), plain_transform((32, 32))):
        picture, target = Slices(cache, transform)[1]
        np.testing.assert_allclose(picture[0].numpy(), cache.images[1] / 255, atol=1e-6)
        np.testing.assert_array_equal(target.numpy(), cache.targets[1])


def made_cache(full: int, empty: int) -> Cache:
    targets = np.zeros((full + empty, 2, 2), np.uint8)
    targets[:full] = 1
    return Cache(targets, targets, tuple(map(str, range(full + empty))))


def test_epochs_are_seeded_shared_out_and_thinned() -> None:
    cache = made_cache(full=11, empty=40)
    ranks = [EpochSampler(cache, 7, 0.25, rank, 2) for rank in (0, 1)]
    seen: list[list[int]] = [list(sampler) for sampler in ranks]
    assert len(seen[0]) == len(seen[1]) == len(ranks[0]) == 7
    assert not set(seen[0]) & set(seen[1])
    assert sum(i >= 11 for part in seen for i in part) <= 4
    assert list(ranks[0]) == seen[0]
    ranks[0].epoch = 1
    assert list(ranks[0]) != seen[0]


def test_dice_loss_by_hand() -> None:
    target = torch.tensor([[[1, 1], [0, 0]]])
    sure = torch.stack([-(target * 2.0 - 1) * 50, (target * 2.0 - 1) * 50], dim=1).float()
    assert float(dice_loss(sure, target)) == pytest.approx(0.0, abs=1e-6)
    assert float(dice_loss(-sure, target)) == pytest.approx(1 - 1 / 5)
    even = torch.zeros(1, 2, 2, 2)
    assert float(dice_loss(even, target)) == pytest.approx(1 - (2 * 1.0 + 1) / (2 + 2 + 1))


def test_picture_dice_weighs_small_and_large_lesions_alike() -> None:
    target = torch.zeros((2, 8, 8), dtype=torch.long)
    target[0, :7, :7] = 1  # large, found
    target[1, 3, 3] = 1  # one pixel, missed
    sure = torch.stack([1.0 - 2.0 * target, 2.0 * target - 1.0], dim=1) * 50.0
    missed = sure.clone()
    missed[1] = torch.stack([torch.full((8, 8), 50.0), torch.full((8, 8), -50.0)])
    assert float(picture_dice_loss(sure, target)) == pytest.approx(0.0, abs=1e-5)
    # The missed one costs 1 - 1 / 2 of one of the two pictures.
    assert float(picture_dice_loss(missed, target)) == pytest.approx(0.25)
    assert float(dice_loss(missed, target)) < 0.02


def test_picture_dice_makes_false_alarms_dear() -> None:
    target = torch.zeros((2, 16, 16), dtype=torch.long)
    logits = torch.full((2, 2, 16, 16), 50.0)
    logits[:, 1] = -50.0
    assert float(picture_dice_loss(logits, target)) == pytest.approx(0.0, abs=1e-6)
    logits[0, 1, :5, :10] = 150.0  # 50 pixels on one of two empty pictures
    assert float(picture_dice_loss(logits, target)) == pytest.approx(0.25)


def test_picture_dice_rather_outlines_a_tumour_of_unsure_kind_than_none() -> None:
    target = torch.zeros((3, 24, 24), dtype=torch.long)
    for kind in (1, 2, 3):  # a kind to each picture
        target[kind - 1, 4:16, 4:16] = kind
    wanted = torch.nn.functional.one_hot(target, 4).movedim(-1, 1).float()
    none = torch.zeros_like(wanted)
    none[:, 0] = 50.0
    unsure = torch.where(
        (target > 0)[:, None], wanted.new_tensor([-50.0, 0, 0, 0])[:, None, None], none
    )
    first = torch.where(
        (target > 0)[:, None], wanted.new_tensor([-50.0, 50, 0, 0])[:, None, None], none
    )
    told = [float(picture_dice_loss(one, target)) for one in (wanted * 100, unsure, first, none)]
    assert told[0] == pytest.approx(0.0, abs=1e-5)
    assert told == sorted(told), "the right kind, any kind, one kind for all, none"
    assert told[3] - told[1] > 0.3
    # Computed in parts, as when memory is short, it is the same.
    parts = [float(picture_dice_loss(first[n : n + 1], target[n : n + 1])) for n in range(3)]
    assert sum(parts) / 3 == pytest.approx(told[2])


def test_cross_entropy_with_class_weights() -> None:
    from sklearn.metrics import log_loss
    from sklearn.utils.class_weight import compute_class_weight

    rng = np.random.default_rng(1)
    wanted = np.array([0, 0, 0, 0, 1, 1, 2])
    logits = rng.normal(size=(7, 3))
    weights = compute_class_weight("balanced", classes=np.arange(3), y=wanted)
    np.testing.assert_allclose(class_weights([4, 2, 1]).numpy(), weights, rtol=1e-6)
    loss = Loss(LossConfig(name="ce", balanced=True), class_weights([4, 2, 1]))
    found = loss(torch.from_numpy(logits), torch.from_numpy(wanted))
    shares = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    expected = log_loss(wanted, shares, sample_weight=weights[wanted])
    assert float(found) == pytest.approx(expected, rel=1e-5)
    assert class_weights([5, 0]).tolist() == [0.5, 0.0]
