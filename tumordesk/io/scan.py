"""From any mix of paths to Patient, Study and Series, by headers alone."""

from __future__ import annotations

import time
from collections import defaultdict, deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from tumordesk.core.errors import plain_reason
from tumordesk.core.job import JobContext
from tumordesk.core.study import ScanResult, Skipped
from tumordesk.io import header as headers
from tumordesk.io import pool
from tumordesk.io.builder import DicomCollection
from tumordesk.io.dataset_json import DATASET_JSON
from tumordesk.io.files_builder import FileCollection
from tumordesk.io.frames import slices_of
from tumordesk.io.header import Unusable
from tumordesk.io.pictures import looks_like_picture, picture_facts
from tumordesk.io.quiet import HOSTILE_ERRORS, quiet
from tumordesk.io.sidecar import belongs_to_volume
from tumordesk.io.slices import isolated
from tumordesk.io.volumes import kind_of, volume_facts
from tumordesk.io.walk import Found, Walk

_UPDATE_SECONDS = 0.25
_AHEAD = 32
_READERS = 4


def scan_paths(
    paths: Iterable[Path],
    context: JobContext | None = None,
    on_update: Callable[[ScanResult], None] | None = None,
) -> ScanResult:
    """Find every series in files, folders, zip archives and DICOMDIRs.

    ``on_update`` gets what was found so far, a few times a second, on the calling thread.
    Each file ends in a series or in ``skipped`` with the reason; nothing raises but

    Raises:
        Cancelled: the user asked to stop.
    """
    return _Scan(context or JobContext(), on_update).run(paths)


class _Scan:
    def __init__(self, context: JobContext, on_update: Callable[[ScanResult], None] | None) -> None:
        self._context = context
        self._on_update = on_update
        self._dicom = DicomCollection()
        self._files = FileCollection()
        self._skipped: list[Skipped] = []
        self._walk = Walk(self._skipped, context)
        self._named: dict[tuple[Path, str], list[Path]] = defaultdict(list)
        self._next_update = time.monotonic() + _UPDATE_SECONDS
        self._seen = 0
        # Someone who watches the scan will want to see slices soon; a report does not.
        self._warm_up_helpers = on_update is not None

    def run(self, paths: Iterable[Path]) -> ScanResult:
        self._look_at(self._walk.expand(paths))
        for (_, uid), files in list(self._named.items()):
            # One slice was given: its whole series is meant.
            if len(files) == 1:
                self._look_at(self._walk.neighbours(files[0]), uid.encode("ascii", "replace"))
        return self._result()

    def _look_at(self, files: Iterator[Found], only_with: bytes = b"") -> None:
        with closing(_read_ahead(files)) as ahead:
            for found, prefix in ahead:
                if only_with and (isinstance(prefix, OSError) or only_with not in prefix):
                    continue
                self._take(found, prefix)
                self._seen += 1
                self._context.progress(None, f"Looking at files ({self._seen})")
                self._maybe_update()

    def _take(self, found: Found, prefix: bytes | OSError) -> None:
        try:
            if isinstance(prefix, OSError):
                raise prefix
            with quiet():
                self._take_file(found, prefix)
        except Unusable as reason:
            self._skip(found, str(reason))
        except OSError as error:
            self._skip(found, f"cannot be opened: {plain_reason(error)}")
        except HOSTILE_ERRORS as error:
            self._skip(found, f"damaged file ({plain_reason(error)})")

    def _skip(self, found: Found, reason: str) -> None:
        self._skipped.append(Skipped(found.shown, reason, found.path))

    def _take_file(self, found: Found, prefix: bytes) -> None:
        if belongs_to_volume(found.path):
            return
        if found.path.name == DATASET_JSON and not found.named:
            self._files.add_dataset(found.path, found.shown)
            return
        if not prefix:
            raise Unusable("empty file (0 bytes)")
        if prefix[128:132] != b"DICM" and self._take_other(found, prefix):
            return
        parsed = headers.read_header(found.path, prefix)
        info = found.path.stat()
        slices = slices_of(
            found.path,
            parsed,
            size=info.st_size,
            modified_ns=info.st_mtime_ns,
            shown=found.shown,
        )
        if found.sibling:
            slices = [replace(item, explicit=False) for item in slices]
        if self._warm_up_helpers and slices and isolated(slices[0]):
            self._warm_up_helpers = False
            pool.warm_up()
        uid = self._dicom.add(parsed.dataset, slices, found.path.parent)
        if found.named and uid:
            self._named[(found.path.parent, uid)].append(found.path)

    def _take_other(self, found: Found, prefix: bytes) -> bool:
        """Take a picture or volume file; False when it is neither."""
        if looks_like_picture(prefix):
            self._files.add_picture(found.path, found.shown, picture_facts(found.path))
            return True
        kind = kind_of(found.path, prefix)
        if kind is None:
            return False
        self._files.add_volume(found.path, found.shown, volume_facts(found.path, kind))
        return True

    def _maybe_update(self) -> None:
        now = time.monotonic()
        if self._on_update is None or now < self._next_update:
            return
        self._on_update(self._result())
        cost = time.monotonic() - now
        self._next_update = time.monotonic() + max(_UPDATE_SECONDS, 5 * cost)

    def _result(self) -> ScanResult:
        patients, duplicates = self._dicom.build()
        return ScanResult((*patients, *self._files.build()), (*self._skipped, *duplicates))


def _prefix(path: Path) -> bytes | OSError:
    try:
        with path.open("rb") as stream:
            return stream.read(headers.PREFIX_BYTES)
    except OSError as error:
        return error


def _read_ahead(found: Iterator[Found]) -> Generator[tuple[Found, bytes | OSError]]:
    """Each file with its first bytes, read by a few threads ahead of the parser."""
    queue: deque[tuple[Found, Future[bytes | OSError]]] = deque()
    with ThreadPoolExecutor(_READERS, thread_name_prefix="scan-read") as pool:
        try:
            for item in found:
                queue.append((item, pool.submit(_prefix, item.path)))
                if len(queue) >= _AHEAD:
                    first, future = queue.popleft()
                    yield first, future.result()
            while queue:
                first, future = queue.popleft()
                yield first, future.result()
        finally:
            for _, future in queue:
                future.cancel()
