"""Self-test: the parts that a broken installation loses first.

Each check returns what it found, in a few words, and raises where something is wrong.
"""

from __future__ import annotations

import json
import multiprocessing
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tumordesk.core.errors import TumorDeskError
from tumordesk.core.job import JobContext
from tumordesk.core.paths import resource_root

LOSSY = {"jpeg-baseline": 10, "jpeg-ls-near": 4, "jpeg-2000-lossy": 40}
"""Grey values that a lossy file may differ from its picture."""
_SIDE = 48
_SPAWN_S = 120.0
_ANSWER = "The findings were measured by a program."


def codec_picture(bits: int) -> npt.NDArray[np.int64]:
    """What the files in resources/selftest show (installer/codec_samples.py drew them)."""
    top = 2**bits - 1
    rows, columns = np.mgrid[0:_SIDE, 0:_SIDE]
    grey = (rows * 2 + columns) / (3 * _SIDE) * 0.6 * top
    grey[(rows - 20) ** 2 + (columns - 30) ** 2 < 64] = 0.9 * top
    whole: npt.NDArray[np.int64] = grey.astype(np.int64)
    return whole


def codecs() -> str:
    """Decode one made-up file of each compression and compare it with its picture."""
    from tumordesk.io.reader import open_series
    from tumordesk.io.scan import scan_paths

    files = sorted((resource_root() / "selftest").glob("*.dcm"))
    if not files:
        raise TumorDeskError("The files to test with are missing.", "Install TumorDesk again.")
    wrong = []
    for file in files:
        series = scan_paths([file]).series
        if not series:
            wrong.append(f"{file.stem} (not recognised)")
            continue
        reader = open_series(series[0])
        try:
            values = reader.read_volume().array[0].astype(np.int64)
        except TumorDeskError as error:
            wrong.append(f"{file.stem} ({error.message})")
            continue
        finally:
            reader.close()
        expected = codec_picture(8 if file.stem == "jpeg-baseline" else 12)
        off = int(np.abs(values - expected).max())
        if off > LOSSY.get(file.stem, 0):
            wrong.append(f"{file.stem} (off by {off})")
    if wrong:
        raise TumorDeskError(f"Wrongly decoded: {', '.join(wrong)}.")
    return ", ".join(file.stem for file in files)


def torch_operators() -> str:
    """torchvision's transforms and operators, and a network of segmentation-models-pytorch."""
    import segmentation_models_pytorch as smp
    import torch
    import torchvision
    from torchvision.ops import Conv2dNormActivation
    from torchvision.transforms import v2

    picture = torch.linspace(0, 1, 64 * 64).reshape(1, 1, 64, 64)
    turned = v2.functional.rotate(picture, 90.0)
    block = Conv2dNormActivation(1, 4, kernel_size=3, stride=2).eval()
    network = smp.Unet("resnet18", encoder_weights=None, in_channels=1).eval()
    with torch.inference_mode():
        answer, halved = network(picture), block(picture)
    if turned.shape != picture.shape or halved.shape != (1, 4, 32, 32):
        raise TumorDeskError("torchvision gives results of a wrong shape.")
    if answer.shape != (1, 1, 64, 64) or not bool(torch.isfinite(answer).all()):
        raise TumorDeskError("A network gives no usable numbers.")
    return f"torchvision {torchvision.__version__}, smp {smp.__version__}"


def _square(number: int, queue: Any) -> None:
    queue.put(number * number)


def spawned_process() -> str:
    """Start a process as the readers and loaders do ('spawn') and get its answer."""
    method = multiprocessing.get_context("spawn")
    queue = method.Queue()
    process = method.Process(target=_square, args=(12, queue))
    process.start()
    try:
        answer = queue.get(timeout=_SPAWN_S)
    finally:
        process.join(_SPAWN_S)
    if answer != 144 or process.exitcode != 0:
        raise TumorDeskError("A process that was started gave a wrong answer.")
    return "a process of its own answered"


class _Model(BaseHTTPRequestHandler):
    """As little of a language model's server as the client needs."""

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        """The list of models; no other question is known."""
        if self.path == "/v1/models":
            self._send({"object": "list", "data": [{"id": "selftest", "object": "model"}]})
        else:
            self._send({"error": "not found"}, 404)

    def do_POST(self) -> None:
        """An answer in one piece."""
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if self.path == "/v1/chat/completions":
            message = {"role": "assistant", "content": _ANSWER}
            self._send({"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]})
        else:
            self._send({"error": "not found"}, 404)

    def _send(self, document: dict[str, Any], status: int = 200) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def _model_server() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Model)
    thread = threading.Thread(target=server.serve_forever, name="selftest-model", daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def explanation_client() -> str:
    """Ask a stand-in for a language model on this machine, over a real connection."""
    from tumordesk.explain.address import parse_address
    from tumordesk.explain.client import Endpoint, list_models

    with _model_server() as port:
        address = parse_address(f"http://127.0.0.1:{port}/v1")
        found = list_models(JobContext(), Endpoint(address))
    if [model.name for model in found] != ["selftest"]:
        raise TumorDeskError("The client did not understand a server on this machine.")
    return "a server on this machine was asked and understood"


def outputs(findings: Callable[[], Any], folder: Path) -> str:
    """Write DICOM SEG and SR of an outline on the sample study and read the outline back."""
    from pydicom import dcmread

    from tumordesk.io.export.seg import write_seg
    from tumordesk.io.export.sr import write_sr

    found = findings()
    seg = write_seg(folder / "seg.dcm", found)
    sr = write_sr(folder / "sr.dcm", found, seg)
    frames = int(dcmread(seg).NumberOfFrames)
    title = str(dcmread(sr).Modality)
    if frames < 1 or title != "SR":
        raise TumorDeskError("What was written reads back wrong.")
    return f"SEG with {frames} frames, SR"
