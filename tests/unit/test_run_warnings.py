"""Warnings of several runs become one list, in which none is lost."""

from __future__ import annotations

from tumordesk.core.run_warnings import told_together

UNKNOWN = "Patients are not known: the figures may flatter."


def copies(count: int, whole: int = 12) -> str:
    return f"{count} of {whole} pictures of test have an exact copy in another part."


def test_what_all_runs_are_warned_of_is_told_once() -> None:
    assert told_together([("a", [UNKNOWN]), ("b", [UNKNOWN])]) == (UNKNOWN,)
    assert told_together([("a", [UNKNOWN])]) == (UNKNOWN,)
    assert told_together([("a", []), ("b", ())]) == ()


def test_what_some_are_warned_of_names_them() -> None:
    told = told_together([("a", [UNKNOWN, copies(3)]), ("b", []), ("c", [copies(3)])])
    assert told == (f"a: {UNKNOWN}", f"a, c: {copies(3)}")


def test_few_different_numbers_stand_one_by_one_and_many_as_a_range() -> None:
    few = [("fold-0", [copies(3)]), ("fold-1", [copies(12)])]
    assert told_together(few) == (f"fold-0: {copies(3)}", f"fold-1: {copies(12)}")
    many = [(f"fold-{k}", [copies(3 + k, 12 + k % 2)]) for k in range(5)]
    assert told_together(many) == (
        "3 to 7 of 12 to 13 pictures of test have an exact copy in another part.",
    )
    names = "fold-0, fold-1, fold-2, fold-3 and 1 more: "
    assert told_together([*many, ("fold-5", [])])[0].startswith(f"{names}3 to 7 of 12 to 13 ")


def test_numbers_within_names_are_no_range() -> None:
    runs = [(f"run-{k}", [f"resnet{18 + k}-1 knew t1-{k} of 0.{k} of them."]) for k in range(4)]
    assert len(told_together(runs)) == 4
