"""One entry of a control file: a map with known keys becomes a Control, and all that is wrong with it faults."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import cast

from mainstay.documents import Item, did_you_mean, place_of
from mainstay.engine import parse
from mainstay.model.conditions import All, Condition
from mainstay.model.controls import LAYERS, SEVERITIES, Control, Example, Layer, Severity
from mainstay.model.errors import DataError, Fault
from mainstay.model.values import Record

REQUIRED = ("id", "title", "applies_to", "expect", "severity", "layer", "practices", "why", "fix", "examples")
OPTIONAL = ("when", "also")
SCANNERS = ("checkov", "guard", "kics", "prowler", "trivy")
VERDICTS = ("pass", "fail")
SPECIAL_KEYS = frozenset({"derived", "raw", "related"})
"""What an example may hold besides properties; its `type` is taken out and becomes the example's own."""

_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)+")
_NOTHING = All(())


def read_control(entry: Record) -> tuple[Control, list[Fault]]:
    """The control that `entry` says. Where there are faults it is not whole and must not be judged by."""
    reader = _Entry(entry)
    return reader.control(), reader.faults


class _Entry(Item):
    def __init__(self, record: Record) -> None:
        super().__init__(record, "a control", (*REQUIRED, *OPTIONAL), REQUIRED)

    def control(self) -> Control:
        applies_to = self.texts("applies_to")
        return Control(
            id=self.id(),
            title=self.text("title"),
            applies_to=applies_to,
            when=self.condition("when") if "when" in self.record else None,
            expect=self.condition("expect"),
            severity=cast(Severity, self.choice("severity", SEVERITIES)),
            layer=cast(Layer, self.choice("layer", LAYERS)),
            practices=self.texts("practices"),
            why=self.text("why"),
            fix=self.text("fix"),
            also=self.also(),
            examples=tuple(self.examples(applies_to)),
            place=self.record.place,
        )

    def id(self) -> str:
        name = self.text("id")
        if name and not _ID.fullmatch(name):
            self.fault("id", f"the id '{name}' is not a kebab-case sentence", "like 's3-keeps-versions'")
        return name

    def texts(self, key: str, record: Record | None = None) -> tuple[str, ...]:
        holder = self.record if record is None else record
        value = holder.get(key)
        values = value if isinstance(value, list) else [value]
        if values and all(isinstance(item, str) and item for item in values):
            return tuple(values)
        if key in holder:
            self.fault(key, f"'{key}' has to be a text or a list of texts", record=holder)
        return ()

    def choice(self, key: str, options: Sequence[str]) -> str:
        value = self.text(key)
        if value and value not in options:
            self.fault(key, f"there is no {key} '{value}'", did_you_mean(value, options) or f"one of {listed(options)}")
        return value if value in options else options[0]

    def condition(self, key: str) -> Condition:
        if key not in self.record:
            return _NOTHING
        try:
            return parse(self.record[key], place_of(self.record, key))
        except DataError as error:
            self.faults.extend(error.faults)
            return _NOTHING

    def also(self) -> dict[str, tuple[str, ...]]:
        also = self.record.get("also", Record())
        if not isinstance(also, Record):
            self.fault("also", "'also' has to be a map from scanners to their ids")
            return {}
        self.check_keys(also, SCANNERS, "'also' knows no scanner")
        return {scanner: self.texts(scanner, also) for scanner in also}

    def examples(self, applies_to: Sequence[str]) -> Iterable[Example]:
        examples = self.record.get("examples", Record())
        if not isinstance(examples, Record):
            self.fault("examples", "'examples' has to be a map with the lists 'pass' and 'fail'")
            return
        self.check_keys(examples, VERDICTS, "examples have no verdict")
        for verdict in VERDICTS:
            listed_here = examples.get(verdict, [])
            if not isinstance(listed_here, list):
                self.fault(verdict, f"the examples under '{verdict}' have to be a list", record=examples)
                continue
            for item in listed_here:
                if isinstance(item, Record):
                    yield self.example(verdict, item, applies_to)
                else:
                    self.fault(verdict, "an example is a map of properties", record=examples)

    def example(self, verdict: str, item: Record, applies_to: Sequence[str]) -> Example:
        chosen = item.get("type")
        if chosen is not None and chosen not in applies_to:
            self.fault("type", f"the control does not apply to '{chosen}'", did_you_mean(str(chosen), applies_to), item)
        properties = Record(
            ((key, value) for key, value in item.items() if key != "type"), item.place, item.marks, item.rest
        )
        kind = chosen if isinstance(chosen, str) else next(iter(applies_to), "")
        return Example("pass" if verdict == "pass" else "fail", kind, properties, item.place)


def listed(words: Sequence[str]) -> str:
    """Words in a row for a sentence: "low, medium or high"."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
