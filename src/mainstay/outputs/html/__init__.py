"""The review as one HTML page for people who decide: it opens anywhere, asks nothing of the network, and prints."""

from mainstay.outputs.html.page import write_html

__all__ = ["write_html"]
