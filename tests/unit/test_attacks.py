"""Files made to harm: each is refused in a sentence, and what it reaches for stays untouched."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tumordesk.core.errors import ConfigError
from tumordesk.core.jsonio import from_plain, read_json
from tumordesk.core.policy import FEATURES, read_policy
from tumordesk.core.settings import Settings
from tumordesk.session.audit import AuditLog, write_entries_json

ABSURD = {
    "deep": "[" * 100_000,
    "long number": '{"schema": ' + "9" * 5000 + "}",
}


@pytest.mark.parametrize("text", ABSURD.values(), ids=ABSURD)
def test_absurd_json_is_refused_by_name(tmp_path: Path, text: str) -> None:
    path = tmp_path / "model.json"
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"model\.json cannot be read"):
        read_json(path)


@pytest.mark.parametrize("number", ["1" + "0" * 400, "1e999", "NaN"])
def test_numbers_that_could_not_be_written_again_are_refused(number: str) -> None:
    with pytest.raises(ConfigError, match="overlay_opacity"):
        from_plain(Settings, json.loads(f'{{"overlay_opacity": {number}}}'))


@pytest.mark.parametrize("text", ABSURD.values(), ids=ABSURD)
def test_an_absurd_policy_opens_nothing(tmp_path: Path, text: str) -> None:
    path = tmp_path / "policy.json"
    path.write_text(text)
    assert read_policy(path).disabled == frozenset(FEATURES)


def test_a_policy_on_a_drive_that_is_away_opens_nothing(tmp_path: Path) -> None:
    path = tmp_path / "policy.json"
    path.symlink_to(tmp_path / "away" / "policy.json")
    assert read_policy(path).disabled == frozenset(FEATURES)
    assert read_policy(path).offline_only


def test_lines_of_the_audit_log_that_make_no_sense_are_counted(tmp_path: Path) -> None:
    good = {"time": "2026-01-01T10:00:00+01:00", "action": "run", "via": "batch"}
    good |= {"study": "0123456789ab", "outcome": "tumour"}
    texts = [json.dumps(good), "[" * 100_000, json.dumps(good | {"study": "\ud800"})]
    texts += [json.dumps(good)[:-1] + f', "{name}": 1e999}}' for name in ("warnings", "seconds")]
    (tmp_path / "audit-2026-01.jsonl").write_text("\n".join(texts))
    found = AuditLog(tmp_path, tmp_path / "key").read()
    assert (len(found.entries), found.damaged) == (1, 4)
    write_entries_json(tmp_path / "log.json", found.entries)
