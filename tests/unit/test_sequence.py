"""The sequence guess: words of many vendors and languages, then the physics; always a reason."""

from __future__ import annotations

from typing import Any

import pytest

from tumordesk.core.study import Sequence
from tumordesk.imaging.sequence import guess_from_name, guess_sequence

WORDS = {
    Sequence.FLAIR: [
        "AX FLAIR", "t2_tirm_tra_dark-fluid", "MRHR FLAIR AX", "T2 FLAIR post", "Sag CUBE T2 FLAIR",
        "patient_flair_reg", "3D_FLAIR_SPACE", "flair_longTR", "Ax T2 FLAIR fs +C",
        "BraTS-GLI-00000-000-t2f",
    ],
    Sequence.T1C: [
        "UCSF-PDGM-0004_T1gad",
        "T1 +C", "T1+C", "Ax T1 POST GAD", "T1W_SE KM", "t1_se_tra_km", "t1_tse_fs_cor_gd",
        "BRAVO +C", "eT1W_TSE Gd", "T1 gado", "brats_t1ce", "t1 mprage km", "kontrast T1",
        "AX T1 C+", "T1w CE", "T1 post contrast", "T1_Gd", "T1 KL", "MPRAGE post",
        "BraTS-GLI-00000-000-t1c",
    ],
    Sequence.T1: [
        "T1 AX", "t1_mprage_sag_p2_iso", "T1 nativ", "T1 ohne KM", "SAG T1 pre contrast",
        "T1W w/o contrast", "T1 SE axial sans injection", "AX T1 FLAIR", "3D T1 TFE sag",
        "MEMPRAGE_4e_p2_1mm_iso RMS", "sT1W_3D_TFE", "T1 post op",
        "BraTS-GLI-00000-000-t1n",
    ],
    Sequence.T2: ["T2 AX", "TSE T2 cor", "T2W_TSE", "AX T2 FRFSE", "I_t2_tse_sag_p2_384",
                  "BraTS-GLI-00000-000-t2w"],
    Sequence.DWI: ["ep2d_diff_3scan_trace_p2", "DWI", "ADC", "b1000", "dADC map", "Ax DWI b800"],
    Sequence.LOCALIZER: ["loc", "AAHScout", "3-plane loc", "scout", "Topogram 0.6", "Survey",
                         "localizador", "Lokalizace"],
    Sequence.UNKNOWN: ["SWI", "T2* GRE", "MRA TOF", "meningioma_12", "Y101", "perfusion", "",
                       "BraTS-GLI-00000-000-seg", "t1n_BraTS-GLI"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "expected"), [(name, kind) for kind, names in WORDS.items() for name in names]
)
def test_words(name: str, expected: Sequence) -> None:
    guess = guess_from_name(name)
    assert guess.sequence is expected
    assert guess.reason


def guess(modality: str = "MR", description: str = "", **acquisition: Any) -> tuple[Sequence, str]:
    found = guess_sequence(modality=modality, description=description, acquisition=acquisition)
    assert found.reason
    return found.sequence, found.reason


def test_names_of_brats_files_mean_nothing_in_descriptions() -> None:
    assert guess(description="BraTS-GLI-00000-000-t1n")[0] is Sequence.UNKNOWN
    assert guess(description="t2f")[0] is Sequence.UNKNOWN


def test_the_scanner_s_own_mark_wins() -> None:
    kinds = ("ORIGINAL", "PRIMARY", "LOCALIZER")
    assert guess(description="T1", ImageType=kinds)[0] is Sequence.LOCALIZER
    assert guess("CT", "HEAD", ImageType=kinds)[0] is Sequence.LOCALIZER


@pytest.mark.parametrize(
    ("acquisition", "expected"),
    [
        ({"RepetitionTime": 9000.0, "EchoTime": 120.0, "InversionTime": 2500.0}, Sequence.FLAIR),
        ({"RepetitionTime": 500.0, "EchoTime": 10.0, "ScanningSequence": ("SE",)}, Sequence.T1),
        ({"RepetitionTime": 4000.0, "EchoTime": 100.0, "ScanningSequence": ("SE",)}, Sequence.T2),
        ({"RepetitionTime": 2000.0, "EchoTime": 3.0, "InversionTime": 900.0,
          "ScanningSequence": ("GR", "IR")}, Sequence.T1),
        ({"RepetitionTime": 600.0, "EchoTime": 20.0, "ScanningSequence": ("GR",)},
         Sequence.UNKNOWN),
        ({"BValue": 1000.0}, Sequence.DWI),
        ({"AcquisitionContrast": ("FLUID_ATTENUATED",)}, Sequence.FLAIR),
        ({}, Sequence.UNKNOWN),
    ],
)  # fmt: skip
def test_physics_when_no_word_tells(acquisition: dict[str, Any], expected: Sequence) -> None:
    assert guess(description="Series 5", **acquisition)[0] is expected


def test_recorded_contrast_agent_makes_t1_post_contrast() -> None:
    kind, reason = guess(description="AX T1", ContrastBolusAgent="Gadovist 7 ml")
    assert kind is Sequence.T1C
    assert "contrast agent" in reason
    assert guess(description="AX T1", ContrastBolusAgent="NONE")[0] is Sequence.T1
    assert guess(description="AX T1 PRE", ContrastBolusAgent="Gd")[0] is Sequence.T1
    assert guess(description="AX FLAIR", ContrastBolusAgent="Gd")[0] is Sequence.FLAIR


def test_physics_with_a_contrast_word() -> None:
    values = {"RepetitionTime": 500.0, "EchoTime": 10.0}
    assert guess(description="AX POST GD FS", **values)[0] is Sequence.T1C


def test_short_inversion_is_no_flair() -> None:
    assert guess(description="t2_tirm_cor", InversionTime=160.0)[0] is Sequence.T2


def test_other_modalities() -> None:
    assert guess("CT", "Head") == (Sequence.CT, "modality CT")
    assert guess("US", "T1")[0] is Sequence.UNKNOWN
    assert guess("MR", "", ProtocolName="t2_tse_tra")[0] is Sequence.T2
