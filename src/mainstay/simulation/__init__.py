"""CloudTrail as a company would write it, with attacks and decoys of which the truth is known."""
