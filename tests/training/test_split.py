"""Splits never tear a patient apart."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training_factories import mask_folder
from tumordesk.core.errors import ConfigError, DataError
from tumordesk.core.training_run import DataConfig, SplitConfig
from tumordesk_training.data import Case, DataSet
from tumordesk_training.layouts import scan
from tumordesk_training.split import PARTS, make_split, read_split, select, write_split

ROOT = Path("data")


def dataset(rows: list[tuple[int, str, str]]) -> DataSet:
    """Cases from (patient, label, given part)."""
    cases = tuple(
        Case(f"{n}.png", ROOT / f"{n}.png", f"P{patient}", label=label, part=part)
        for n, (patient, label, part) in enumerate(rows)
    )
    return DataSet(ROOT, "classes", cases)


ROWS = st.lists(
    st.tuples(st.integers(0, 9), st.sampled_from("abc"), st.sampled_from(["", "", *PARTS])),
    min_size=1,
    max_size=40,
)
CONFIGS = st.builds(
    SplitConfig,
    validation=st.floats(0.05, 0.4),
    test=st.floats(0.0, 0.4),
    seed=st.integers(0, 99),
    given=st.booleans(),
)


@given(ROWS, CONFIGS)
def test_no_patient_is_in_two_parts_and_none_is_lost(
    rows: list[tuple[int, str, str]], config: SplitConfig
) -> None:
    data = dataset(rows)
    try:
        split = make_split(data, config)
    except DataError:
        assert len(data.groups) < 3 or config.given
        return
    groups = [group for part in PARTS for group in split.parts[part]]
    assert sorted(groups) == list(data.groups)
    assert split.parts["train"]
    assert split.parts["val"]
    picked = [case.key for part in PARTS for case in select(data, split, part)]
    assert sorted(picked) == sorted(case.key for case in data.cases)
    assert sum(sum(c.values()) for c in split.counts.values()) == len(rows)
    assert make_split(data, config) == split


@given(ROWS)
def test_a_patient_of_a_given_test_folder_is_never_trained_on(
    rows: list[tuple[int, str, str]],
) -> None:
    data = dataset(rows)
    tested = {case.group for case in data.cases if case.part == "test"}
    try:
        split = make_split(data, SplitConfig())
    except DataError:
        return
    assert tested <= set(split.parts["test"])


def test_another_seed_is_another_split() -> None:
    data = dataset([(n, "a", "") for n in range(30)])
    first, second = (make_split(data, SplitConfig(seed=seed)) for seed in (1, 2))
    assert first.parts != second.parts
    assert len(first.parts["val"]) == len(second.parts["val"]) == 3


def test_every_class_is_in_every_part() -> None:
    data = dataset([(n, "ab"[n % 2], "") for n in range(40)])
    split = make_split(data, SplitConfig(validation=0.2, test=0.2))
    assert split.counts == {
        "train": {"a": 12, "b": 12},
        "val": {"a": 4, "b": 4},
        "test": {"a": 4, "b": 4},
    }


def test_names_of_the_tcga_collections_are_patients(tmp_path: Path) -> None:
    root = mask_folder(tmp_path, patients=5, slices=3)
    data = scan(root, DataConfig(root=str(root)))
    split = make_split(data, SplitConfig(validation=0.2, test=0.2))
    assert sorted(g for groups in split.parts.values() for g in groups) == [
        f"TCGA_AA_000{n}" for n in range(5)
    ]


def test_three_patients_are_enough_and_one_is_not() -> None:
    split = make_split(dataset([(n, "", "") for n in range(3)]), SplitConfig())
    assert [len(split.parts[part]) for part in PARTS] == [1, 1, 1]
    two = make_split(dataset([(0, "", ""), (1, "", "")]), SplitConfig())
    assert [len(two.parts[part]) for part in PARTS] == [1, 1, 0]
    with pytest.raises(DataError, match="too few"):
        make_split(dataset([(0, "", "")]), SplitConfig())


def test_split_json_comes_back_as_it_was(tmp_path: Path) -> None:
    split = make_split(dataset([(n, "a", "") for n in range(9)]), SplitConfig(seed=5))
    write_split(tmp_path / "split.json", split)
    assert read_split(tmp_path / "split.json") == split
    assert split.part(split.parts["val"][0]) == "val"
    assert split.part("nobody") == ""


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"train": ["a"], "val": ["a"]}, "group a is in train and in val"),
        ({"train": ["a"], "holdout": ["b"]}, "'holdout' is not one of"),
        ({"train": "a"}, "must be a list"),
    ],
)
def test_a_split_file_that_leaks_is_refused(
    parts: dict[str, object], words: str, tmp_path: Path
) -> None:
    document = {"seed": 1, "parts": parts, "counts": {}}
    (tmp_path / "split.json").write_text(json.dumps(document))
    with pytest.raises(ConfigError, match=words):
        read_split(tmp_path / "split.json")
