"""Several processes: two of them on the CPU, as torchrun starts them."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from training_factories import mask_config, mask_folder
from tumordesk.core.training_run import RunState, read_run, write_config
from tumordesk_training import checkpoints

# One start of two processes for all tests, for starting takes longer than training. In turn: a
# folder that is taken (only process 0 finds out), a run to its end, a run that Ctrl+C ends.
# Beside the run folders it tells which process opened files in them for writing.
SCRIPT = """
import os, signal, sys
from pathlib import Path
from tumordesk_training import events, run
from tumordesk_training.cli import main

rank, root = os.environ["RANK"], Path(sys.argv[1])

def hook(event, args):
    if event == "open" and str(args[0]).startswith(str(root / "run")):
        if set(str(args[1])) & set("wax+") or (args[2] or 0) & (os.O_WRONLY | os.O_RDWR):
            with (root / f"wrote-{rank}").open("a") as stream:
                stream.write(str(args[0]) + os.linesep)

def write(self, kind, **values):
    original(self, kind, **values)
    if kind == "epoch" and self._active and self._path.parent.name == "run-stopped":
        os.kill(os.getppid(), signal.SIGINT)

sys.addaudithook(hook)
team, leave = run.join("cpu"), run.leave
run.join, run.leave = lambda device: team, lambda: None  # a group can be joined only once
original, events.EventLog.write = events.EventLog.write, write
for name in ("taken", "run", "run-stopped"):
    config = root / ("long.json" if name == "run-stopped" else "short.json")
    code = main(["run", str(config), "--out", str(root / name)])
    (root / f"code-{name}-{rank}").write_text(str(code))
leave()
"""


@dataclass(frozen=True)
class Outcome:
    root: Path
    code: int
    output: str
    errors: str

    def codes(self, name: str) -> list[str]:
        return [(self.root / f"code-{name}-{rank}").read_text() for rank in (0, 1)]


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    root = tmp_path_factory.mktemp("torchrun")
    config = mask_config(
        mask_folder(root / "scans", slices=3), ema=0.9, batch_size=2, budget_minutes=30.0
    )
    write_config(root / "short.json", config)
    write_config(root / "long.json", replace(config, epochs=5000))
    (root / "taken" / "checkpoints").mkdir(parents=True)
    (root / "script.py").write_text(SCRIPT)
    command = [
        sys.executable, "-m", "torch.distributed.run", "--nproc_per_node", "2",
        "--master_port", str(free_port()), str(root / "script.py"), str(root),
    ]  # fmt: skip
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        start_new_session=True,
    )
    try:
        output, errors = process.communicate(timeout=200)
    except subprocess.TimeoutExpired:
        process.terminate()  # torchrun then ends its processes, which a kill would leave behind
        output, errors = process.communicate()
    return Outcome(root, process.returncode, output, errors)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_an_error_of_the_first_process_ends_all_and_is_told_once(outcome: Outcome) -> None:
    assert outcome.codes("taken") == ["2", "2"]
    assert outcome.errors.count("already holds a training run") == 1


def test_two_processes_train_and_only_the_first_writes(outcome: Outcome) -> None:
    assert outcome.codes("run") == ["0", "0"]
    run = read_run(outcome.root / "run")
    assert run.state is RunState.FINISHED
    assert run.events[0].values["processes"] == 2
    assert [e.epoch for e in run.events if e.kind == "epoch"] == [1, 2]
    counts = json.loads((outcome.root / "run" / "split.json").read_text())["counts"]["train"]
    assert run.events[0].values["steps_per_epoch"] == sum(counts.values()) // 2 // 2
    assert (outcome.root / "wrote-0").exists()
    assert not (outcome.root / "wrote-1").exists()
    assert outcome.output.count("epoch 1 of 2") == 1
    best = checkpoints.load(outcome.root / "run" / "checkpoints" / "best.pt")
    assert best["epoch"] in (1, 2)


def test_ctrl_c_under_torchrun_keeps_the_best(outcome: Outcome) -> None:
    assert "run-stopped: stopped, the best checkpoint is kept" in outcome.output, outcome.errors
    assert read_run(outcome.root / "run-stopped").state is RunState.STOPPED
    kept = checkpoints.load(outcome.root / "run-stopped" / "checkpoints" / "best.pt")
    assert kept["epoch"] == 1
