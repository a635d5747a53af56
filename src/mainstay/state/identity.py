"""What a rule's memory is called: a rule that changed has another one, and begins anew."""

from __future__ import annotations

import json
from dataclasses import asdict
from hashlib import sha256

from mainstay.model.detections import Rule


def tracker_id(rule: Rule) -> str:
    """The rule's id and a digest of what its memory depends on: its state, or its correlation without what it says
    about itself."""
    held = asdict(rule)
    kept = {"state": held["state"], "kind": type(held["state"]).__name__} if "state" in held else held
    for name in ("about", "name", "quiet"):
        kept.pop(name, None)
    written = json.dumps(kept, sort_keys=True, default=str)
    return f"{rule.about.id}@{sha256(written.encode()).hexdigest()[:16]}"
