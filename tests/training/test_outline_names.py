"""What the name of an outline says that it is of."""

from __future__ import annotations

import pytest

from tumordesk_training.outline_names import is_brain_mask, rank


@pytest.mark.parametrize(
    "name",
    [
        "brain_tumor_mask", "tumour_seg", "lesion-mask", "GroundTruth", "glioma_1_mask",
        "Romano_tumor", "tumor_mask_brain", "tumor_masks",
    ],
)  # fmt: skip
def test_names_of_the_tumour(name: str) -> None:
    assert (rank(name), is_brain_mask(name)) == (0, False)


@pytest.mark.parametrize(
    "name",
    [
        "brain_mask", "p1_brainmask", "bet_mask", "FLAIR_hdbet_mask", "skull_stripped_mask",
        "mask_brain", "wm_mask", "sub-01_label-GM_seg", "head_mask", "brain_masks", "aseg",
        "BrainTumor_001_brainmask", "BrainExtractionMask",
    ],
)  # fmt: skip
def test_names_of_the_brain(name: str) -> None:
    assert (rank(name), is_brain_mask(name)) == (2, True)


@pytest.mark.parametrize(
    "name", ["nontumor_mask", "FLAIR_no-tumour_mask", "hdbet", "skullstripped"]
)
def test_of_no_tumour_but_maybe_a_scan(name: str) -> None:
    assert (rank(name), is_brain_mask(name)) == (2, False)


@pytest.mark.parametrize(
    "name", ["mask", "P1_seg", "brain_001_mask", "Brain_001", "alphabet_mask", "no_tumor_12_mask"]
)
def test_names_that_do_not_say(name: str) -> None:
    assert (rank(name), is_brain_mask(name)) == (1, False)
