"""Terraform's functions that read files, which see the reviewed tree and nothing outside it."""

from __future__ import annotations

import base64
import os
import posixpath
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from mainstay.model.values import Record, Set, Unknown, Value
from mainstay.sources import files
from mainstay.sources.terraform.functions.calling import Context, Refused, blurred
from mainstay.sources.terraform.functions.maps import entries
from mainstay.sources.terraform.types import EvaluationError, make_set, to_string

_LARGEST_BYTES: Final = 5_000_000
_MOST_FILES: Final = 50_000
_NAME: Final = re.compile(r"[^\W\d][\w-]*")


def _locate(context: Context, path: str) -> Path:
    """Where the path leads, through every link; refused where that is outside the tree."""
    if path.startswith("~"):
        raise Refused(f"{path} is in a home directory, outside the reviewed tree")
    if "\0" in path:
        raise EvaluationError("a path must not hold a null character")
    files.note(context.directory / path)
    try:
        found = (context.directory / path).resolve()
        root = context.root.resolve()
    except (OSError, RuntimeError) as error:
        raise EvaluationError(f"{path} cannot be followed: {type(error).__name__}") from None
    if not found.is_relative_to(root):
        raise Refused(f"{path} is outside the reviewed tree")
    return found


def _content(context: Context, path: str) -> bytes:
    found = _locate(context, path)
    try:
        if not found.exists():
            raise EvaluationError(f"there is no file {path}")
        if not found.is_file():
            raise EvaluationError(f"{path} is not a file")
        if found.stat().st_size > _LARGEST_BYTES:
            raise Refused(f"{path} is larger than {_LARGEST_BYTES // 1_000_000} MB")
        return found.read_bytes()
    except OSError as error:
        raise EvaluationError(f"{path} cannot be read: {error.strerror}") from None


def file_text(context: Context, path: str) -> str:
    try:
        return _content(context, path).decode()
    except UnicodeDecodeError:
        raise EvaluationError(f"{path} is not UTF-8 text") from None


def file_base64(context: Context, path: str) -> str:
    return base64.b64encode(_content(context, path)).decode()


def digest_of(digest: Callable[[str, bytes], str], algorithm: str) -> Callable[[Context, str], str]:
    """The function that hashes a file's content."""
    return lambda context, path: digest(algorithm, _content(context, path))


def file_exists(context: Context, path: str) -> bool:
    found = _locate(context, path)
    try:
        if found.is_dir():
            raise EvaluationError(f"{path} is a directory, not a file")
        return found.is_file()
    except OSError as error:
        raise EvaluationError(f"{path} cannot be looked at: {error.strerror}") from None


def file_set(context: Context, path: str, pattern: str) -> Set:
    """The files under `path` whose names match; links to directories are not followed."""
    upward, wanted = _split_upward(pattern)
    start = posixpath.normpath(posixpath.join(path, upward))
    base = _locate(context, start)
    matches = glob_pattern(wanted)
    root = context.root.resolve()
    return make_set(posixpath.join(upward, name) for name in _files(base, root) if matches.fullmatch(name))


def _split_upward(pattern: str) -> tuple[str, str]:
    parts = posixpath.normpath(pattern).split("/") if pattern else [""]
    count = next((index for index, part in enumerate(parts) if part != ".."), len(parts))
    return "/".join(parts[:count]), "/".join(parts[count:])


def _files(base: Path, root: Path) -> Iterator[str]:
    seen = 0
    for directory, folders, names in os.walk(base):
        folders.sort()
        files.note(Path(directory))
        for name in names:
            seen += 1
            if seen > _MOST_FILES:
                raise Refused(f"there are more than {_MOST_FILES} files to look through")
            path = Path(directory, name)
            if not path.is_symlink() or _leads_to_file(path, root):
                yield path.relative_to(base).as_posix()


def _leads_to_file(link: Path, root: Path) -> bool:
    try:
        return link.resolve().is_relative_to(root) and link.is_file()
    except (OSError, RuntimeError):
        return False


def glob_pattern(pattern: str) -> re.Pattern[str]:
    """`*` and `?` stay within a directory, `**` spans any number of them, `[a-z]` and `{a,b}` choose."""
    try:
        return re.compile("".join(_translated(pattern)), re.DOTALL)
    except re.error:
        raise EvaluationError(f'"{pattern[:80]}" is not a pattern of file names') from None


_TOKEN: Final = re.compile(
    r"(?P<any>\*\*/)|(?P<all>\*\*)|(?P<star>\*+)|\[(?P<not>[!^])?(?P<class>(?:\\.|[^\]\\])+)\]|\\(?P<escaped>.)|(?P<one>.)",
    re.DOTALL,
)


def _translated(pattern: str) -> Iterator[str]:
    depth = 0
    for token in _TOKEN.finditer(pattern):
        letter = token["one"]
        if token["any"]:
            yield "(?:[^/]+/)*"
        elif token["all"]:
            yield ".*"
        elif token["star"]:
            yield "[^/]*"
        elif token["class"]:
            inner = token["class"].replace("[", r"\[").replace("&&", r"&\&").replace("||", r"|\|").replace("~~", r"~\~")
            yield f"(?!/)[{'^' if token['not'] else ''}{inner}]"
        elif token["escaped"]:
            yield re.escape(token["escaped"])
        elif letter == "?":
            yield "[^/]"
        elif letter == "{":
            depth += 1
            yield "(?:"
        elif letter == "}" and depth:
            depth -= 1
            yield ")"
        elif letter == "," and depth:
            yield "|"
        elif letter == "[":
            raise EvaluationError("a [ in a pattern of file names is not closed")
        else:
            yield re.escape(letter)
    if depth:
        raise EvaluationError("a { in a pattern of file names is not closed")


def base_name(path: str) -> str:
    return posixpath.basename(path.rstrip("/")) or ("/" if path else ".")


def directory_name(path: str) -> str:
    head = path.rpartition("/")[0]
    return re.sub(r"^//+", "/", posixpath.normpath(head or ("/" if path.startswith("/") else ".")))


def expand_home(path: str) -> str:
    if path.startswith("~"):
        raise Refused(f"{path} is in a home directory, outside the reviewed tree")
    return path


def template_file(context: Context, path: Value, variables: Value) -> Value:
    if isinstance(path, Unknown):
        return blurred(path)
    if path is None:
        raise EvaluationError("the template's path must not be null")
    return _render(context, file_text(context, to_string(path)), variables)


def template_string(context: Context, template: Value, variables: Value) -> Value:
    if isinstance(template, Unknown):
        return blurred(template)
    if template is None:
        raise EvaluationError("the template must not be null")
    return _render(context, to_string(template), variables)


def _render(context: Context, template: str, variables: Value) -> Value:
    if variables is None:
        raise EvaluationError("a template's variables must not be null")
    names: Record = entries(variables)
    for name in names:
        if not _NAME.fullmatch(name):
            raise EvaluationError(f'"{name}" is no name for a template variable')
    return context.render(template, names)
