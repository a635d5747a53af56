"""Comments are found where they are, and never in a string."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import tree_sitter
import tree_sitter_hcl
from hypothesis import given
from hypothesis import strategies as st

from mainstay.model.places import Place
from mainstay.settings.hcl_comments import hcl_layout
from mainstay.settings.layout import Layout
from mainstay.settings.yaml_comments import yaml_layout

ROOT = Path(__file__).parent.parent.parent
HCL = """\
# above
resource "aws_s3_bucket" "b" { # behind
  bucket = "not # one ${f("}", "//")} nor // this" // after
  policy = <<-EOF
    # not one
    ${ "EOF" } # not one
    EOF is in the line
    $${ # not one
  EOF
  tags = {
    a = 1 /* short */
  }
  /* long
     goes on */
}
module "m" { source = "./m" }
"""

YAML = """\
# head
Resources:
  A: # behind
    Type: "x # not one"
    Text: |  # header
      # not one

      not # one
    Plain: a#not
    List:
    - 'it''s # not one'
    - b
    # in A
  # above B
  B: {Type: y} # flow
"""


def texts(layout: Layout) -> list[tuple[int, str, bool]]:
    return [(comment.place.line, comment.text.strip(), comment.alone) for comment in layout.comments]


def test_comments_of_terraform_are_found_and_strings_are_left_alone() -> None:
    layout = hcl_layout(HCL, "main.tf")
    assert texts(layout) == [
        (1, "above", True),
        (2, "behind", False),
        (3, "after", False),
        (11, "short", False),
        (13, "long\n     goes on", True),
    ]
    assert [(block.line, block.column, block.last) for block in layout.blocks] == [(2, 1, 15), (16, 1, 16)]
    assert layout.ends == {2: 15, 10: 12}


def test_comments_of_yaml_are_found_and_scalars_are_left_alone() -> None:
    layout = yaml_layout(YAML, "t.yaml", [Place("t.yaml", 3, 3), Place("t.yaml", 15, 3)])
    assert texts(layout) == [
        (1, "head", True),
        (3, "behind", False),
        (5, "header", False),
        (13, "in A", True),
        (14, "above B", True),
        (15, "flow", False),
    ]
    assert [(block.line, block.last) for block in layout.blocks] == [(3, 13), (15, 15)]
    assert layout.ends[10] == 12, "a list may be indented as its key is"


def test_yaml_is_read_up_to_where_it_is_broken() -> None:
    layout = yaml_layout("a: 1 # one\nb: 'x\n# never closed", "t.yaml", [])
    assert texts(layout) == [(1, "one", False)]


MARK = "#checkov:skip=CKV_AWS_18"
SAFE = st.text(st.sampled_from('ab #/*{}[]()$%\\"<'), max_size=20)


def quoted(text: str) -> str:
    """A Terraform string of this text."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("${", "$${").replace("%{", "%%{")
    return f'"{escaped}"'


@given(SAFE, SAFE)
def test_no_comment_is_found_in_a_string_of_terraform(before: str, after: str) -> None:
    layout = hcl_layout(f'resource "a" "b" {{\n  x = {quoted(before + MARK + after)}\n}} # end\n', "main.tf")
    assert [comment.text for comment in layout.comments] == [" end"]
    assert [block.last for block in layout.blocks] == [3]


@given(st.lists(SAFE, max_size=4))
def test_no_comment_is_found_in_a_heredoc(lines: list[str]) -> None:
    body = "\n".join(line.replace("{", "") for line in [*lines, MARK])
    layout = hcl_layout(f"a = <<EOF\n{body}\nEOF\n# end\n", "main.tf")
    assert [comment.text for comment in layout.comments] == [" end"]


@given(SAFE, SAFE)
def test_no_comment_is_found_in_a_scalar_of_yaml(before: str, after: str) -> None:
    text = before + " " + MARK + after
    single, double = text.replace("'", "''"), text.replace("\\", "\\\\").replace('"', '\\"')
    layout = yaml_layout(f"""a: '{single}'\nb: "{double}"\nc: |\n  x\n  {text}\nd: 1 # end\n""", "t.yaml", [])
    assert [comment.text for comment in layout.comments] == [" end"]


PIECES = st.lists(
    st.sampled_from(
        ['"', "'", "#", "//", "/*", "*/", "{", "}", "[", "]", "(", ")", "\n", "\r\n", " ", "${", "%{", "$$", "<<EOF\n",
         "<<-A\n", "EOF", "A\n", "\\", "|", ">", "- ", ": ", "&", "*", "!", "é", "\u2028", "\x85", "\t", "a", "---\n"]
    ) | st.characters(),
    max_size=60,
).map("".join)  # fmt: skip


@given(PIECES)
def test_whatever_the_text_comments_lie_inside_it(text: str) -> None:
    for layout in (hcl_layout(text, "f"), yaml_layout(text, "f", [Place("f", 1, 1)])):
        for comment in layout.comments:
            assert comment.place.line >= 1
            assert comment.place.column >= 1
            assert comment.text.strip() in text
        assert all(first < last for first, last in layout.ends.items() if first != last)


@pytest.mark.parametrize(
    "text",
    ["{" * 100_000, "{" * 50_000 + "#\n" * 50_000, '"${' * 50_000, "<<A\n" * 50_000, "/*" * 50_000, "#\n" * 50_000],
)
def test_deep_and_long_texts_are_scanned_to_their_end(text: str) -> None:
    assert len(hcl_layout(text, "f").blocks) == 0


def in_the_tree(node: Any, comments: list[int], blocks: list[tuple[int, int]], depth: int = 0) -> None:
    """The lines of the comments outside of strings, and those of the top level's blocks, as the parser has them."""
    if node.type == "comment":
        comments.append(node.start_point[0] + 1)
    if node.type == "block" and depth == 2:
        blocks.append((node.start_point[0] + 1, node.end_point[0] + 1))
    if node.type not in ("template_expr", "string_lit"):
        for child in node.children:
            in_the_tree(child, comments, blocks, depth + 1)


@pytest.mark.parametrize(
    "text", [HCL, *(path.read_text("utf-8") for path in sorted((ROOT / "examples").rglob("*.tf")))]
)
def test_the_scan_sees_what_the_parser_sees(text: str) -> None:
    comments: list[int] = []
    blocks: list[tuple[int, int]] = []
    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_hcl.language()))
    tree = parser.parse(text.encode())
    in_the_tree(tree.root_node, comments, blocks)
    layout = hcl_layout(text, "main.tf")
    assert [comment.place.line for comment in layout.comments] == comments
    assert [(block.line, block.last) for block in layout.blocks] == blocks
