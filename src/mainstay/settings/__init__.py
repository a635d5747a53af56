"""What the user decided: the configuration, waivers, and what was known before."""

from mainstay.settings.baseline import Baseline, baseline_of, compare, read_baseline, write_baseline
from mainstay.settings.inline import Notes, read_notes
from mainstay.settings.matching import not_understood, waive
from mainstay.settings.waivers import find_waivers, home_of, read_waivers

__all__ = [
    "Baseline",
    "Notes",
    "baseline_of",
    "compare",
    "find_waivers",
    "home_of",
    "not_understood",
    "read_baseline",
    "read_notes",
    "read_waivers",
    "waive",
    "write_baseline",
]
