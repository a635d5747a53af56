"""Functions that read files see the reviewed tree, and nothing outside it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import pytest

from mainstay.model.values import Ref, Set, Unknown, Value
from mainstay.sources.terraform.functions import Context, EvaluationError, Refused, call


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A root module in `tree/live`, with files around it and a secret outside the tree."""
    files = {
        "secret.txt": "secret",
        "tree/shared/policy.json": "{}",
        "tree/live/hello.txt": "hé\n",
        "tree/live/greet.tftpl": "hi {name}",
        "tree/live/.hidden": "",
        "tree/live/a/one.tf": "",
        "tree/live/a/b/two.tf": "",
        "tree/live/a/b/three.txt": "",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (tmp_path / "tree/live/binary").write_bytes(b"\xff\x00")
    (tmp_path / "tree/live/large").write_bytes(b"x" * 5_000_001)
    (tmp_path / "tree/live/way-out").symlink_to(tmp_path / "secret.txt")
    (tmp_path / "tree/live/loop").symlink_to("loop")
    (tmp_path / "tree/live/round").symlink_to(".")
    (tmp_path / "tree/live/alias.txt").symlink_to("hello.txt")
    return tmp_path / "tree"


def render(text: str, variables: Mapping[str, Value]) -> Value:
    return text.format(**variables)


def ask(tree: Path, name: str, *arguments: Value) -> Value:
    return call(name, list(arguments), Context(tree, tree / "live", render), None)


ROWS: list[tuple[str, list[Value], Value]] = [
    ("file", ["hello.txt"], "hé\n"),
    ("file", ["./a/../hello.txt"], "hé\n"),
    ("file", ["alias.txt"], "hé\n"),
    ("file", ["../shared/policy.json"], "{}"),
    ("filebase64", ["binary"], "/wA="),
    ("fileexists", ["hello.txt"], True),
    ("fileexists", ["nothing.txt"], False),
    ("filemd5", ["hello.txt"], hashlib.md5("hé\n".encode()).hexdigest()),
    ("filesha1", ["hello.txt"], hashlib.sha1("hé\n".encode()).hexdigest()),
    ("filesha256", ["binary"], hashlib.sha256(b"\xff\x00").hexdigest()),
    ("filesha512", ["binary"], hashlib.sha512(b"\xff\x00").hexdigest()),
    ("filebase64sha256", ["a/one.tf"], "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="),
    ("fileset", [".", "*.txt"], ["alias.txt", "hello.txt"]),
    ("fileset", [".", "**/*.tf"], ["a/b/two.tf", "a/one.tf"]),
    ("fileset", [".", "a/**"], ["a/b/three.txt", "a/b/two.tf", "a/one.tf"]),
    ("fileset", ["a", "*"], ["one.tf"]),
    ("fileset", ["a", "b/t*.{tf,txt}"], ["b/three.txt", "b/two.tf"]),
    ("fileset", ["a", "?ne.[a-t]f"], ["one.tf"]),
    ("fileset", ["a", "[!o]ne.tf"], []),
    ("fileset", ["a", "../*.tftpl"], ["../greet.tftpl"]),
    ("fileset", [".", ".h*"], [".hidden"]),
    ("fileset", ["nowhere", "*"], []),
    ("templatefile", ["greet.tftpl", {"name": "you"}], "hi you"),
    ("templatestring", ["{a}-{a}", {"a": "x"}], "x-x"),
    ("pathexpand", ["a/b"], "a/b"),
]


@pytest.mark.parametrize(("name", "arguments", "result"), ROWS)
def test_a_call_gives_its_result(tree: Path, name: str, arguments: list[Value], result: Value) -> None:
    answer = ask(tree, name, *arguments)
    assert answer == result
    assert isinstance(answer, Set) is (name == "fileset")


def test_filebase64sha512_is_the_digest_in_base64(tree: Path) -> None:
    assert str(ask(tree, "filebase64sha512", "binary")).endswith("==")
    assert len(ask(tree, "filebase64sha512", "binary")) == 88


@pytest.mark.parametrize("path", ["/etc/passwd", "../../secret.txt", "way-out", "~/.aws/credentials", "large"])
@pytest.mark.parametrize("name", ["file", "filebase64", "filesha256"])
def test_a_file_outside_the_tree_or_too_large_is_refused(tree: Path, name: str, path: str) -> None:
    with pytest.raises(Refused):
        ask(tree, name, path)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("fileexists", ["/etc/passwd"]),
        ("fileexists", ["way-out"]),
        ("fileset", ["/etc", "*"]),
        ("fileset", [".", "../../*"]),
        ("templatefile", ["/etc/passwd", {}]),
        ("pathexpand", ["~"]),
    ],
)
def test_a_look_outside_the_tree_is_refused(tree: Path, name: str, arguments: list[Value]) -> None:
    with pytest.raises(Refused):
        ask(tree, name, *arguments)


@pytest.mark.parametrize(
    ("name", "arguments", "reason"),
    [
        ("file", ["nothing.txt"], "there is no file"),
        ("file", ["a"], "is not a file"),
        ("file", ["binary"], "is not UTF-8"),
        ("file", ["loop"], "loop"),
        ("file", ["a\0b"], "null character"),
        ("fileexists", ["a"], "is a directory"),
        ("fileset", [".", "[a"], "not closed"),
        ("fileset", [".", "{a"], "not closed"),
        ("fileset", [".", "[z-a]"], "not a pattern"),
        ("templatefile", ["greet.tftpl", {"1a": "x"}], "no name for a template variable"),
        ("templatefile", ["greet.tftpl", None], "must not be null"),
        ("templatefile", [None, {}], "must not be null"),
        ("templatestring", [None, {}], "must not be null"),
    ],
)
def test_what_terraform_refuses_is_an_error(tree: Path, name: str, arguments: list[Value], reason: str) -> None:
    with pytest.raises(EvaluationError, match=reason) as caught:
        ask(tree, name, *arguments)
    assert not isinstance(caught.value, Refused)


def test_the_directory_may_be_a_link_into_the_tree(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "door").symlink_to(tree)
    door = Context(tmp_path / "door", tmp_path / "door" / "live", render)
    assert call("file", ["hello.txt"], door, None) == "hé\n"


def test_a_template_gets_its_unknown_variables(tree: Path) -> None:
    seen: list[Value] = []

    def note(text: str, variables: Mapping[str, Value]) -> Value:
        seen.append((text, dict(variables)))
        return "done"

    unknown = Ref("aws_vpc.v", "id")
    assert call("templatefile", ["greet.tftpl", {"name": unknown}], Context(tree, tree / "live", note), None) == "done"
    assert seen == [("hi {name}", {"name": unknown})]


@pytest.mark.parametrize("name", ["file", "filemd5", "fileexists", "templatestring", "templatefile"])
def test_an_unknown_path_gives_an_unknown(tree: Path, name: str) -> None:
    arguments: list[Value] = [Unknown("var.path has no value", None, "set var.path")]
    result = ask(tree, name, *arguments, *([{}] if name.startswith("template") else []))
    assert isinstance(result, Unknown)
    assert (result.reason, result.settle) == ("var.path has no value", "set var.path")
