"""What detections remember from one run to the next, on disk."""
