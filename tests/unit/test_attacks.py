"""Files made to harm: each is refused in a sentence, and what it reaches for stays untouched."""

from __future__ import annotations

import json
import os
import socket
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest

import export_factories as made
import factories
from tumordesk.commands.console import say
from tumordesk.commands.earlier import read_earlier
from tumordesk.commands.outputs import own_files
from tumordesk.core.errors import ConfigError, ReadError
from tumordesk.core.explanation import Language
from tumordesk.core.job import JobContext
from tumordesk.core.jsonio import from_plain, read_json
from tumordesk.core.policy import FEATURES, read_policy
from tumordesk.core.settings import Settings
from tumordesk.core.study import Series
from tumordesk.core.tables import safe_cell
from tumordesk.explain.address import parse_address
from tumordesk.explain.client import Endpoint, list_models
from tumordesk.explain.connection import ConnectionFailed
from tumordesk.explain.guard import check
from tumordesk.io.export.nrrd import write_nrrd
from tumordesk.io.export.seg import write_seg
from tumordesk.io.import_mask import read_mask
from tumordesk.io.scan import scan_paths
from tumordesk.session.audit import AuditLog, write_entries_json
from tumordesk.zoo import Zoo

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


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
def test_a_pipe_or_a_device_in_place_of_a_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "batch.json")
    (tmp_path / "zero.json").symlink_to("/dev/zero")
    for name in ("batch.json", "zero.json"):
        with pytest.raises(ConfigError, match=f"{name} cannot be read: it is no plain file"):
            read_json(tmp_path / name)


def test_formulas_in_full_width_are_text_too() -> None:
    assert safe_cell("\uff1dHYPERLINK(1)") == "'\uff1dHYPERLINK(1)"


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


@pytest.mark.parametrize("name", ["a" * 300, "CON", "nul.x", "com1"])
def test_ids_of_models_that_no_folder_can_bear_are_refused(name: str) -> None:
    card = Zoo().entries(verify=False)[0].card
    with pytest.raises(ValueError, match="id must be"):
        replace(card, id=name)
    assert replace(card, id="console").id == "console"


# Masks --------------------------------------------------------------------------------------

META = "ObjectType = Image\nNDims = 3\nDimSize = 2 2 2\nElementType = MET_UCHAR\nElementDataFile = "
NRRD = "NRRD0004\ntype: uchar\ndimension: 3\nsizes: 2 2 2\nencoding: raw\ndata file: "


@pytest.fixture
def series(tmp_path: Path) -> Series:
    made.oblique_series(tmp_path / "in", factories.phantom(made.SHAPE))
    return made.only_series(tmp_path / "in")


@pytest.mark.parametrize("suffix", [".nrrd", ".nhdr", ".seg.nrrd", ".mha", ".mhd"])
@pytest.mark.parametrize(
    "where",
    ["{secret}", "../{folder}/secret/x.raw", "secret/x.raw", "LIST\n{secret}", "{secret}%d 1 9 1",
     "/dev/zero", "\\\\host\\share\\x.raw", "C:\\x.raw", "file:x.raw"],
)  # fmt: skip
def test_voxels_outside_the_folder_are_not_fetched(tmp_path: Path, suffix: str, where: str) -> None:
    secret = tmp_path / "secret" / "x.raw"
    secret.parent.mkdir()
    secret.write_bytes(bytes(range(8)))
    head = NRRD if "nr" in suffix or "nhdr" in suffix else META
    path = tmp_path / f"a{suffix}"
    path.write_text(head + where.format(secret=secret, folder=tmp_path.name) + "\n\n")
    found = scan_paths([path])
    assert found.series == ()
    assert "another folder" in found.skipped[0].reason


def test_a_long_header_does_not_hide_where_the_voxels_are(tmp_path: Path) -> None:
    path = tmp_path / "a.nhdr"
    padding = "".join(f"# {'x' * 1000}\n" for _ in range(80))
    path.write_text(NRRD.replace("type:", f"{padding}type:") + "/etc/passwd\n\n")
    assert "another folder" in scan_paths([path]).skipped[0].reason


def test_labels_with_endless_numbers_and_signs_without_shape(
    series: Series, tmp_path: Path
) -> None:
    findings = made.findings_on(series)
    path = write_nrrd(tmp_path / "mask.seg.nrrd", findings.outline)
    head, voxels = path.read_bytes().split(b"\n\n", 1)
    lines = [line for line in head.split(b"\n") if not line.startswith(b"Segment")]
    names = f"Segment0_LabelValue:={'9' * 5000}\nSegment1_LabelValue:=1\nSegment1_Name:=a\u202eb\0c"
    path.write_bytes(b"\n".join([*lines, names.encode()]) + b"\n\n" + voxels)
    assert read_mask(path, [series]).segmentation.segments[0].label == "a b c"
    path.write_bytes(b"\n".join(lines) + b"\n\n" + voxels)
    (tmp_path / "mask-labels.txt").write_text("9" * 5000 + ' 0 0 0 1 1 1 "x"\n')
    assert read_mask(path, [series]).segmentation.segments[0].label == "Tumour"


def test_a_seg_says_its_name_and_what_follows_its_pixels_is_not_read(
    series: Series, tmp_path: Path
) -> None:
    path = write_seg(tmp_path / "mask.dcm", made.findings_on(series))
    dataset = pydicom.dcmread(path)
    path.write_bytes(path.read_bytes() + b"\xe1\x7f\x01\x10SQ\0\0\xff\xff\xff\xff" * 5000)
    assert np.any(read_mask(path, [series]).segmentation.array)
    for frame in dataset.PerFrameFunctionalGroupsSequence:
        frame.PlanePositionSequence[0].ImagePositionPatient = [1e30, 1e30, 1e30]
    dataset.save_as(path)
    with pytest.raises(ReadError, match=r"mask\.dcm"):
        read_mask(path, [series])


# Answers of language models -----------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [b"Content-Length: %d\r\n\r\n{}" % 10**15, b"Content-Length: %d\r\n\r\n{}" % 10**30]
    + [b"Transfer-Encoding: chunked\r\n\r\n%x\r\n{}" % size for size in (10**15, 10**30)]
    + [b"Transfer-Encoding: chunked\r\n\r\n-5\r\n{}\r\n"],
)
def test_announced_sizes_are_not_believed(answer: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            client, _ = server.accept()
            with client:
                client.recv(65536)
                client.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" + answer)

        thread = threading.Thread(target=serve)
        thread.start()
        place = Endpoint(parse_address(f"http://127.0.0.1:{server.getsockname()[1]}"), "m")
        with pytest.raises(ConnectionFailed):
            list_models(JobContext(), place)
        thread.join()


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("text", ["1-", '"1', "1. ", "1", "百萬", "million ", "١٢"])
def test_endless_numbers_are_refused_at_once(text: str, language: Language) -> None:
    assert check(text * (12_000 // len(text)), (), language)


# Results that somebody edited ---------------------------------------------------------------

RESULT = {
    "task": "classification", "series_uid": "1.2", "device": "cpu", "seconds": 1.0,
    "software": "TumorDesk", "warnings": [], "notes": [], "driving_slices": [0],
    "model": {"id": "tumour-type", "version": "1.0", "sha256": "00"},
    "classes": {"a": 0.5, "b": 0.5}, "slices": [{"slice": 0, "probabilities": [0.5, 0.5]}],
}  # fmt: skip


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ('"seconds": 1.0', '"seconds": 1e999'),
        ('"seconds": 1.0', f'"seconds": 1{"0" * 400}'),
        ('"slice": 0', '"slice": 1e999'),
        ('"slice": 0', '"slice": -3'),
        ('"driving_slices": [0]', '"driving_slices": [-9]'),
        ('{"a": 0.5, "b": 0.5}', "{}"),
        ('{"a": 0.5, "b": 0.5}', '{"a": NaN, "b": 0.5}'),
        ('{"a": 0.5, "b": 0.5}', '{"a": 1e308, "b": -1}'),
        ("[0.5, 0.5]", "[0.5, 0.5, 0.5]"),
    ],
)
def test_a_result_with_numbers_that_no_model_gives_is_refused(
    tmp_path: Path, was: str, now: str
) -> None:
    text = json.dumps(RESULT)
    path = tmp_path / "result.json"
    path.write_text(text)
    assert read_earlier(tmp_path).classifications
    assert was in text
    path.write_text(text.replace(was, now))
    with pytest.raises(ReadError, match="not a result of this program"):
        read_earlier(tmp_path)


def test_a_result_does_not_have_other_files_removed(tmp_path: Path) -> None:
    names = ["scan.dcm", "mask.nii.gz", "../scan.dcm", "key-1-slice-001.png"]
    for name in names:
        (tmp_path / Path(name).name).write_bytes(b"")
    (tmp_path / "result.json").write_text(json.dumps({"files": names}))
    found = {path.name for path in own_files(tmp_path)}
    assert found == {"result.json", "mask.nii.gz", "key-1-slice-001.png"}


def test_a_name_gives_the_terminal_no_commands(capsys: pytest.CaptureFixture[str]) -> None:
    say("AX\x1b]0;gone\x07 FLAIR\x9b31m\u202etumour\nnext\tline é 脑")
    shown = capsys.readouterr().out
    assert shown == "AX\ufffd]0;gone\ufffd FLAIR\ufffd31m\ufffdtumour\nnext\tline é 脑\n"
