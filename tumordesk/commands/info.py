"""Lists what is in files and folders."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tumordesk.commands.console import (
    Exit,
    clear_progress,
    complain,
    interruptible,
    say,
    say_json,
    show_progress,
)
from tumordesk.core.job import JobContext


def info(paths: Sequence[Path], *, as_json: bool) -> int:
    """Print studies, series and skipped files; exit code 2 where no series was found.

    Raises:
        Cancelled: Ctrl+C.
    """
    from tumordesk.commands.choose import nothing_readable
    from tumordesk.io.report import info_document, info_text
    from tumordesk.io.scan import scan_paths

    context = JobContext(show_progress)
    with interruptible(context):
        result = scan_paths(paths, context)
    clear_progress()
    if as_json:
        say_json(info_document(result))
    else:
        say(info_text(result).rstrip("\n"))
    if result.series:
        return Exit.OK
    complain(nothing_readable(paths[0], result))
    return Exit.UNREADABLE
