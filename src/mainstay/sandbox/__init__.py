"""The sandbox: an embedded AWS account to try things in."""
