"""Several processes: two of them on the CPU, as torchrun starts them."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import torch
import torch.distributed as dist

from training_factories import class_config, class_folder, mask_config, mask_folder
from tumordesk.core.errors import DataError
from tumordesk.core.model_card import HeadSpec
from tumordesk.core.training_run import OptimiserConfig, RunState, read_run, write_config
from tumordesk_training import checkpoints
from tumordesk_training.meeting import own_corner
from tumordesk_training.run import start

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
    return torchrun(root, SCRIPT)


def torchrun(root: Path, script: str, *options: str) -> Outcome:
    """Start two processes of a script with the argument ``root``, and wait for them."""
    (root / "script.py").write_text(script)
    command = [
        sys.executable, "-m", "torch.distributed.run", "--nproc_per_node", "2",
        "--master_port", str(free_port()), *options, str(root / "script.py"), str(root),
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


def test_a_new_start_does_not_meet_the_dead() -> None:
    """What an earlier start left in the store (words, a name, an answer) is not taken up."""
    store = dist.HashStore()
    old = {"name": "old", "words": ["a", "b"]}
    for key, value in {"word/0": "a", "word/1": "b", "heard/1": "old", "start": old}.items():
        store.set(key, value if isinstance(value, str) else json.dumps(value))
    store.set("old/address", "of the dead")
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda rank: own_corner(store, rank, 2, timeout_s=30), (0, 1))
    first.set("address", "here")
    assert second.get("address") == b"here"
    assert store.get("old/address") == b"of the dead"


def test_who_never_comes_is_told() -> None:
    with pytest.raises(DataError, match="did not come in time"):
        own_corner(dist.HashStore(), 0, 2, timeout_s=0)


# Four runs in one start, as above. In the last two the memory of process 1 holds two pictures,
# or none.
SAME = """
import sys
from pathlib import Path
import torch
from tumordesk_training import run
from tumordesk_training.cli import main
from tumordesk_training.step import Stepper

root = Path(sys.argv[1])
team, leave = run.join("cpu"), run.leave
run.join, run.leave = lambda device: team, lambda: None

def train(order, name):
    return main(["run", str(root / f"{order}.json"), "--out", str(root / name)])

backward, most = Stepper._backward, 2
def limited(self, images, *rest):
    if self.team.rank == 1 and len(images) > most:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 7 GiB")
    return backward(self, images, *rest)

for name in ("classes", "outlines"):
    assert train(f"two-{name}", f"two-{name}") == 0
Stepper._backward = limited
assert train("two-classes", "short") == 0
most = 0
assert train("two-classes", "too-short") == 2
# After a failed step one of them may still wait for the other's part: together, or it is aborted.
torch.distributed.barrier()
leave()
"""


def best(folder: Path) -> float:
    """The best validation figure of a run."""
    return float([e for e in read_run(folder).events if e.kind == "epoch"][-1].values["best"])


@pytest.fixture(scope="module")
def alike(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same two orders by one process (one-*) and by two (two-*), of half the batch each."""
    root = tmp_path_factory.mktemp("alike")
    classes = class_config(
        class_folder(root / "pictures", 20),
        optimiser=OptimiserConfig(name="sgd", rate=0.05, freeze_epochs=9),
        head=HeadSpec(hidden=(8,), dropout=(0.0,)),
        epochs=3,
        batch_size=8,
    )
    outlines = mask_config(mask_folder(root / "scans", patients=10), epochs=12, batch_size=8)
    fast = replace(outlines.optimiser, rate=0.01)
    outlines = replace(outlines, optimiser=fast, options={"width": 8})
    for name, config in (("classes", classes), ("outlines", outlines)):
        assert start(root / f"one-{name}", config) is RunState.FINISHED
        write_config(root / f"two-{name}.json", replace(config, batch_size=4))
    done = torchrun(root, SAME)
    assert done.code == 0, done.errors
    return root


def test_two_processes_learn_the_same_as_one(alike: Path) -> None:
    """The gradient of two halves is that of the whole batch, to rounding (relative 1e-4).

    With a frozen backbone, for batch normalisation looks at each process's half alone.
    """
    one = checkpoints.load(alike / "one-classes" / "checkpoints" / "last.pt")["model"]
    two = checkpoints.load(alike / "two-classes" / "checkpoints" / "last.pt")["model"]
    for name, value in one.items():
        torch.testing.assert_close(value, two[name], rtol=1e-4, atol=1e-5)
    assert best(alike / "two-classes") == pytest.approx(best(alike / "one-classes"), abs=1e-6)


def test_where_one_process_is_short_of_memory_all_divide_their_batches(alike: Path) -> None:
    whole = checkpoints.load(alike / "two-classes" / "checkpoints" / "last.pt")["model"]
    divided = checkpoints.load(alike / "short" / "checkpoints" / "last.pt")["model"]
    for name, value in whole.items():
        torch.testing.assert_close(value, divided[name], rtol=1e-4, atol=1e-5)
    warnings = [e.message for e in read_run(alike / "short").events if e.kind == "warning"]
    assert [w for w in warnings if "memory" in w] == [
        "The memory does not hold a batch of 4 pictures of every process: "
        "it is computed 2 at a time from here on."
    ]


def test_where_one_process_has_no_memory_at_all_the_run_ends_and_says_so(alike: Path) -> None:
    run = read_run(alike / "too-short")
    assert run.state is RunState.FAILED
    assert "memory does not suffice" in run.events[-1].message


def test_two_processes_reach_the_same_validation_figure(alike: Path) -> None:
    """All layers trained, batch normalisation of half batches: Dice within 0.05."""
    one, two = best(alike / "one-outlines"), best(alike / "two-outlines")
    assert one > 0.5
    assert two == pytest.approx(one, abs=0.05)


# The second process dies in the second epoch, the first time.
KILLED = """
import os, signal, sys
from pathlib import Path
from tumordesk_training import loop
from tumordesk_training.cli import main

root = Path(sys.argv[1])
check = loop.Trainer._check

def killed(self):
    first = os.environ["TORCHELASTIC_RESTART_COUNT"] == "0"
    if first and self._team.rank == 1 and self._now.epoch == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    check(self)

loop.Trainer._check = killed
sys.exit(main(["run", str(root / "config.json"), "--out", str(root / "run")]))
"""


def test_after_the_death_of_a_process_all_go_on_from_the_last_checkpoint(tmp_path: Path) -> None:
    config = mask_config(mask_folder(tmp_path / "scans"), epochs=3, batch_size=2)
    write_config(tmp_path / "config.json", config)
    done = torchrun(tmp_path, KILLED, "--max_restarts", "1")
    assert done.code == 0, done.errors
    run = read_run(tmp_path / "run")
    assert run.state is RunState.FINISHED
    assert [e.epoch for e in run.events if e.kind == "epoch"] == [1, 2, 3]
    starts = [e for e in run.events if e.kind == "start"]
    assert len(starts) == 2
    assert "Resumed after epoch 1" in starts[1].message
