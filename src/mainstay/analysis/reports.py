"""Joins what other scanners found to the resources under review: by name, and by where both stand."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from mainstay.model.findings import Subject
from mainstay.model.reports import Result
from mainstay.model.resources import Resource
from mainstay.model.values import Value

Owner = tuple[str, str]
"""A resource, by its scope and its address."""

Lines = Callable[[str], Sequence[str]]
"""The lines of a file; none where it cannot be read."""

ARN = re.compile(r"arn:[^:]*:(?P<service>[^:]*):[^:]*:[^:]*:(?P<rest>.+)", re.DOTALL)
IMAGES = ("Image", "ImageUri", "ImageIdentifier")
NAMING = ("Name", "Identifier", "Id")


class Resources:
    """The resources that results may be about. `bearers` are those that a property gives a name, by that name."""

    def __init__(self, subjects: Iterable[Subject], lines: Lines, bearers: Mapping[str, set[Owner]]) -> None:
        self.lines = lines
        self.bearers = bearers
        self.by_address: dict[str, set[Owner]] = defaultdict(set)
        self.by_file: dict[str, list[tuple[int, int, Owner]]] = defaultdict(list)
        for subject in dict.fromkeys(subjects):
            owner = subject.scope, subject.address
            self.by_address[subject.address].add(owner)
            place = subject.place
            if place is not None:
                column = place.column
                self.by_file[os.path.normpath(place.file)].append((place.line, column, owner))
        self._ends: dict[tuple[str, int], int] = {}

    def joined(self, result: Result, names: Iterable[str]) -> Result:
        """The result with the resource that it is about; as it is where that is none, or not certain which."""
        here = self._around(result)
        for name in names:
            owners = self.by_address.get(name) or self.bearers.get(name) or set()
            if len(owners) > 1 and owners & here:
                owners = owners & here
            if len(owners) == 1:
                return _with(result, owners)
        return _with(result, here) if len(here) == 1 else result

    def _around(self, result: Result) -> set[Owner]:
        """The resources in whose block it stands: several where one block makes several."""
        place = result.place
        if place is None:
            return set()
        file = os.path.normpath(place.file)
        around = [
            (line, owner)
            for line, column, owner in self.by_file.get(file, ())
            if line <= place.line <= self._end(file, line, column)
        ]
        innermost = max((line for line, _ in around), default=0)
        return {owner for line, owner in around if line == innermost}

    def _end(self, file: str, line: int, column: int) -> int:
        key = file, line
        if key not in self._ends:
            self._ends[key] = block_end(self.lines(file), line, column)
        return self._ends[key]


def _with(result: Result, owners: set[Owner]) -> Result:
    ((scope, address),) = owners
    return replace(result, scope=scope, resource=address)


def block_end(lines: Sequence[str], line: int, column: int) -> int:
    """The last line of the block that begins at a line: what follows is indented deeper, up to its closing bracket.

    That is how formatted code looks; in other code a block may seem to end too early, never too late.
    """
    last = line
    for number in range(line + 1, len(lines) + 1):
        written = lines[number - 1]
        stripped = written.strip()
        if not stripped:
            continue
        if len(written) - len(written.lstrip()) < column:
            return number if stripped[0] in "}])" else last
        last = number
    return last


@dataclass(frozen=True, slots=True)
class _Arn:
    service: str
    kind: str
    name: str


def _arn(name: str) -> _Arn | None:
    match = ARN.fullmatch(name)
    if match is None:
        return None
    *kinds, last = re.split("[:/]", match["rest"])
    return _Arn(match["service"].lower(), kinds[0].lower() if kinds else "", last)


def bearers(resources: Iterable[Resource], names: Iterable[str]) -> Mapping[str, set[Owner]]:
    """By name, the resources whose properties give them that name or run that image.

    Of an ARN the service, the kind and the last part count: the account that the code is applied in is not known.
    """
    wanted = set(names)
    arns: dict[str, list[tuple[str, _Arn]]] = defaultdict(list)
    for name in wanted:
        if (arn := _arn(name)) is not None:
            arns[arn.name].append((name, arn))
    found: dict[str, set[Owner]] = defaultdict(set)
    for resource in resources:
        owner = resource.origin.scope, resource.address
        for held in _own_names(resource):
            if held in wanted:
                found[held].add(owner)
            for name, arn in arns.get(held, ()):
                if _fits(arn, resource.type):
                    found[name].add(owner)
        for image in _images(resource.properties):
            if image in wanted:
                found[image].add(owner)
    return found


def _own_names(resource: Resource) -> list[str]:
    """What its properties call a resource: `BucketName` of a Bucket, `DBInstanceIdentifier`, `Name`."""
    kind = resource.type.rpartition("::")[2]
    keys = ["Name", *(f"{kind}{ending}" for ending in NAMING)]
    return [value for key in keys if isinstance(value := resource.properties.get(key), str)]


def _fits(arn: _Arn, type: str) -> bool:
    """Whether an ARN may name a resource of a type: the service is its own, and the kind where it is spelled so."""
    _, service, kind = f"{type}::::".split("::")[:3]
    same_service = service.lower().startswith(arn.service) if arn.service else False
    word = arn.kind.replace("-", "")
    return same_service and (not word or kind.lower().endswith(word) or (word == "db" and kind == "DBInstance"))


def _images(value: Value) -> Iterable[str]:
    """The images of containers, wherever among the properties they stand."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in IMAGES and isinstance(inner, str):
                yield inner
            else:
                yield from _images(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _images(inner)
