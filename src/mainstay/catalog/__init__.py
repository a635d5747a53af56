"""What is judged by: controls, the practices they prove, the shapes of what they judge. Data and its loader."""

from mainstay.catalog.code_only import answered_by_accounts, load_code_only
from mainstay.catalog.drift import Exempt, load_drift_controls, load_exempt, load_grants, load_silence
from mainstay.catalog.loader import Catalog, control_files, home, load
from mainstay.catalog.practices import load_practices
from mainstay.catalog.shapes import load_shapes
from mainstay.catalog.wording import in_words

__all__ = [
    "Catalog",
    "Exempt",
    "answered_by_accounts",
    "control_files",
    "home",
    "in_words",
    "load",
    "load_code_only",
    "load_drift_controls",
    "load_exempt",
    "load_grants",
    "load_practices",
    "load_shapes",
    "load_silence",
]
