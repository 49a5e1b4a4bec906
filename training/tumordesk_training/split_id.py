"""What tells one split from another: runs with the same id were measured on the same pictures."""

from __future__ import annotations

import hashlib
import json

from tumordesk_training.split import PARTS, Split


def split_id(split: Split) -> str:
    """sha256 (hex) over what is in each part and what is left out, however the split was made."""
    parts = {part: sorted(split.parts.get(part, ())) for part in PARTS}
    if split.left_out:
        parts["left_out"] = sorted(split.left_out)
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
