"""Runs the commands that the README and the guides show, and writes down anew what they print.

A fence of the language `console` holds commands after `$ ` and their output; a line `[...]` stands for any lines. A
fence with `title="file"` is that file: one of the repository is shown as it is, another one is written before the
commands after it run. Blocks of a page run in order, in one copy of the examples. Standard output and standard error
are shown together, at 80 columns and without colour, as a pipe has them.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGES = (
    "README.md",
    "docs/index.md",
    "docs/guides/getting-started.md",
    "docs/guides/daily-use.md",
    "docs/guides/fixing.md",
    "docs/guides/hunting.md",
    "docs/guides/other-scanners.md",
    "docs/guides/plan.md",
    "docs/guides/prevention.md",
    "docs/guides/sam-and-cdk.md",
)
COPIED = ("examples", "Makefile")
ANYTHING = "[...]"
FENCE = re.compile(r'^```(\w+)(?: title="([^"]*)")?\n(.*?)^```$', re.MULTILINE | re.DOTALL)
RECORD = "\x1e"


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its language, the file that it is (empty where it is none), and the lines in it."""

    language: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Step:
    """A command and what it is said to print."""

    command: str
    shown: str


def blocks(page: str) -> Iterator[Block]:
    """The fenced blocks of a page that begin in the first column."""
    for language, title, text in FENCE.findall(page):
        yield Block(language, title, text)


def steps(text: str) -> list[Step]:
    """The commands of a console block, each with its output. A command goes on where its line ends with `\\`."""
    found: list[tuple[list[str], list[str]]] = []
    for line in text.splitlines():
        if line.startswith("$ "):
            found.append(([line[2:]], []))
        elif found and found[-1][0][-1].endswith("\\"):
            found[-1][0].append(line)
        else:
            found[-1][1].append(line)
    return [Step("\n".join(command), "\n".join(output)) for command, output in found]


def run(commands: Sequence[str], directory: Path) -> list[str]:
    """What commands print, one after the other in one shell, so that `echo $?` says what the one before came to."""
    script = "".join(f"{command}\nstatus=$?; printf '\\036'; (exit $status)\n" for command in commands)
    environment = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "HOME": str(directory),
        "LANG": "C.UTF-8",
        "COLUMNS": "80",
        "NO_COLOR": "1",
    }
    done = subprocess.run(
        ["bash", "-c", script], cwd=directory, env=environment, text=True, encoding="utf-8",
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, timeout=120,
    )  # fmt: skip
    return [output.rstrip("\n").lstrip("\n") for output in done.stdout.split(RECORD)[: len(commands)]]


def copy_examples(directory: Path) -> None:
    """What the commands of a page may read."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, directory / name)
        else:
            shutil.copy(source, directory / name)


def as_shown(shown: str, printed: str) -> bool:
    """Whether a command printed what the page shows: the same lines, where the page does not leave some out."""
    pieces = f"{shown}\n".split(f"{ANYTHING}\n")
    pattern = r"(?:.*\n)*?".join(re.escape(piece) for piece in pieces)
    return re.fullmatch(pattern, f"{printed}\n") is not None


def renewed(shown: str, printed: str) -> str:
    """What was printed, with as much left out as the page leaves out: the same number of lines before and after."""
    if ANYTHING not in shown.splitlines():
        return printed
    lines, told = printed.splitlines(), shown.splitlines()
    gap = told.index(ANYTHING)
    after = len(told) - gap - 1
    return "\n".join([*lines[:gap], ANYTHING, *(lines[-after:] if after else [])])


def renew(page: str, directory: Path) -> str:
    """The page with the output of its commands as they are now."""

    def replace(match: re.Match[str]) -> str:
        language, title, text = match.groups()
        if title and (ROOT / title).is_file():
            return f'```{language} title="{title}"\n{(ROOT / title).read_text("utf-8")}```'
        if title:
            write(directory / title, text)
        if language != "console":
            return match.group()
        shown = steps(text)
        printed = run([step.command for step in shown], directory)
        body = ""
        for step, output in zip(shown, printed, strict=True):
            told = renewed(step.shown, output)
            body += f"$ {step.command}\n" + (f"{told}\n" if told else "")
        return f"```console\n{body}```"

    return FENCE.sub(replace, page)


def write(path: Path, text: str) -> None:
    """A file that a page shows, for the commands after it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def main() -> None:
    """Writes the pages with the output of their commands as they are now."""
    from tempfile import TemporaryDirectory

    for name in PAGES:
        with TemporaryDirectory() as directory:
            copy_examples(Path(directory))
            path = ROOT / name
            before = path.read_text("utf-8")
            after = renew(before, Path(directory))
            if after != before:
                path.write_text(after, "utf-8")
            print(f"{name}: {'renewed' if after != before else 'as it was'}")


if __name__ == "__main__":
    main()
