"""What detections remember from one run to the next, on disk."""

from mainstay.state.file import StateFile
from mainstay.state.identity import tracker_id

__all__ = ["StateFile", "tracker_id"]
