"""Which log a rule is about, and how the fields of a generic category are called there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Final, cast

from mainstay.catalog.sigma.trees import Leaf, rebuilt
from mainstay.documents import did_you_mean, read_yaml
from mainstay.engine.walk import join, split
from mainstay.model.conditions import Condition, Keywords, Scalar, Test
from mainstay.model.errors import DataError
from mainstay.model.events import LogSource

TABLE: Final = Path(__file__).with_name("logsources.yaml")
KEYS: Final = ("product", "service", "category")


@dataclass(frozen=True, slots=True)
class Renamed:
    """What a field of a category is called in the log, and what to mind when it is compared there."""

    name: str
    only: tuple[str, ...] = ()
    absolute: bool = False


@dataclass(frozen=True, slots=True)
class Log:
    """The log that a logsource stands for. Without `fields` the rule has the log's own names."""

    source: LogSource
    fields: Mapping[str, Renamed] = field(default_factory=dict)

    def name(self, dotted: str) -> str:
        """What the log calls a field."""
        return self.fields[dotted].name if dotted in self.fields else dotted


class Unread(Exception):
    """The rule asks for what mainstay's logs do not tell; the message is the reason."""


def log_of(logsource: Mapping[str, str]) -> Log:
    """The log that a logsource stands for. Raises Unread where mainstay reads none such."""
    wanted = tuple(logsource.get(key, "").lower() for key in KEYS)
    logs = _logs()
    if wanted in logs:
        return logs[wanted]
    product, service, _ = wanted
    if product == "aws":
        near = did_you_mean(service, [known[1] for known in logs if known[0] == "aws"]) if service else ""
        raise Unread(f"there is no service '{service}' of aws" + (f": {near}" if near else ""))
    raise Unread(
        f"mainstay reads no logs of {', '.join(f'{key} {logsource[key]}' for key in KEYS if key in logsource)}"
    )


@lru_cache(maxsize=1)
def _logs() -> Mapping[tuple[str, ...], Log]:
    document = read_yaml(TABLE.read_text("utf-8"), TABLE.name)
    if document.faults:
        raise DataError(document.faults)
    logs = {}
    for entry in document.value:
        fields = {
            name: Renamed(value["name"], tuple(value.get("only", ())), value.get("absolute", False))
            for name, value in entry.get("fields", {}).items()
        }
        key = tuple(entry["logsource"].get(part, "") for part in KEYS)
        logs[key] = Log(cast(LogSource, entry["source"]), fields)
    return logs


def translated(condition: Condition, log: Log) -> Condition:
    """The condition in the log's own names. Raises Unread for a field or comparison that the log can't answer."""
    return rebuilt(condition, lambda leaf: _translated(leaf, log)) if log.fields else condition


def _translated(leaf: Leaf, log: Log) -> Condition:
    if isinstance(leaf, Keywords):
        return leaf
    operator = leaf.operator if isinstance(leaf, Test) else "count"
    known = _known(join(leaf.path), operator, log)
    path = split(known.name)
    if not isinstance(leaf, Test):
        return replace(leaf, path=path)
    values: tuple[Scalar, ...] = leaf.values
    if operator == "fieldref":
        values = tuple(_known(str(value), operator, log).name for value in values)
    if known.absolute and operator in ("equals", "neq", "endswith") and not leaf.every_value:
        values = (*values, *(f"{each}." for each in values if isinstance(each, str) and each[-1:] not in (".", "*")))
    return replace(leaf, path=path, values=values)


def _known(dotted: str, operator: str, log: Log) -> Renamed:
    plain = dotted.replace("\\.", ".")
    known = log.fields.get(plain)
    if known is None:
        raise Unread(f"the logs of {log.source} have nothing for the field '{plain}'")
    if known.only and operator not in known.only:
        raise Unread(f"the logs of {log.source} can't answer '{operator}' for the field '{plain}'")
    return known
