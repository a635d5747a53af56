"""What is judged by: controls, the practices they prove, the shapes of what they judge. Data and its loader."""

from mainstay.catalog.drift import Exempt, load_drift_controls, load_exempt
from mainstay.catalog.loader import Catalog, control_files, home, load
from mainstay.catalog.practices import load_practices
from mainstay.catalog.shapes import load_shapes
from mainstay.catalog.wording import in_words

__all__ = [
    "Catalog",
    "Exempt",
    "control_files",
    "home",
    "in_words",
    "load",
    "load_drift_controls",
    "load_exempt",
    "load_practices",
    "load_shapes",
]
