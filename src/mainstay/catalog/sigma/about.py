"""What a rule says of itself, and the entry of a rule file as it is read key by key."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from mainstay.catalog.sigma.documents import Document
from mainstay.catalog.sigma.extension import Extension, read_extension
from mainstay.documents import Item, did_you_mean
from mainstay.model.controls import Severity
from mainstay.model.detections import About
from mainstay.model.values import Record

LEVELS: Final[Mapping[str, Severity]] = {
    "informational": "low", "low": "low", "medium": "medium", "high": "high", "critical": "critical",
}  # fmt: skip
STATUSES: Final = ("stable", "test", "experimental", "deprecated", "unsupported")
RELATIONS: Final = ("derived", "obsolete", "merged", "renamed", "similar", "correlation")
ABOUT: Final = (
    "title", "id", "name", "related", "taxonomy", "status", "description", "license", "references", "author", "date",
    "modified", "fields", "falsepositives", "level", "tags", "scope", "mainstay",
)  # fmt: skip
"""The keys that all kinds of rules have. Others are allowed by Sigma and refused in mainstay's own pack."""

_TECHNIQUE = re.compile(r"attack\.(t\d{4}(?:\.\d{3})?)")
_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)+")


class Entry(Item):
    """One document of a rule file."""

    def __init__(self, document: Document, *keys: str) -> None:
        known = (*ABOUT, *keys) if document.own else tuple(document.record)
        super().__init__(document.record, "a rule", known, ("title", *keys[:1]))
        self.document = document
        self.extension: Extension = read_extension(self)

    def about(self, default: Severity = "medium") -> About:
        """The rule's author, severity and the rest. The id may be changed later, where another rule has it."""
        self._check()
        uuid, name = self.text("id"), self.text("name")
        if self.document.own and not (_ID.fullmatch(name) and f"{name}-".startswith(f"{self.document.stem}-")):
            self.fault("name", f"the name '{name}' has to begin with that of its file", self.document.stem)
        tags = [found[1].upper() for tag in self.texts("tags") if (found := _TECHNIQUE.fullmatch(tag.lower()))]
        return About(
            id=name or self.document.stem,
            title=self.text("title"),
            severity=LEVELS.get(self.choice("level", tuple(LEVELS)), default),
            author=", ".join(self.texts("author")),
            uuid=uuid,
            description=self.text("description"),
            status=self.choice("status", STATUSES),
            license=self.text("license"),
            references=self.texts("references"),
            falsepositives=self.texts("falsepositives"),
            attack=tuple(dict.fromkeys(tags)),
            practices=self.extension.practices,
            response=self.extension.response,
            place=self.record.place,
        )

    def _check(self) -> None:
        taxonomy = self.record.get("taxonomy", "sigma")
        if taxonomy != "sigma":
            self.fault("taxonomy", f"the taxonomy {taxonomy!r} is not known", "rules use Sigma's own, 'sigma'")
        related = self.record.get("related", [])
        if not isinstance(related, list) or not all(isinstance(each, Record) for each in related):
            self.fault("related", "'related' has to be a list of maps with 'id' and 'type'")
            return
        for each in related:
            if each.get("type") not in RELATIONS:
                kind = str(each.get("type", ""))
                self.fault("type", f"there is no relation '{kind}'", did_you_mean(kind, RELATIONS), each)

    def text(self, key: str) -> str:
        """The text of a key; empty where there is none, or an empty one."""
        return "" if self.record.get(key, "") in ("", None) else super().text(key)

    def texts(self, key: str, record: Record | None = None) -> tuple[str, ...]:
        """The texts of a key that may hold one, a list of them or nothing. Numbers are texts as well."""
        holder = self.record if record is None else record
        value = holder.get(key)
        values = value if isinstance(value, list) else [] if value is None else [value]
        if all(isinstance(each, str | int | float) for each in values):
            return tuple(str(each) for each in values if each != "")
        self.fault(key, f"'{key}' has to be a text or a list of texts", record=holder)
        return ()

    def choice(self, key: str, options: tuple[str, ...]) -> str:
        """One of a few words; empty where there is none."""
        value = self.text(key)
        if value and value not in options:
            self.fault(
                key, f"there is no {key} '{value}'", did_you_mean(value, options) or f"one of {', '.join(options)}"
            )
            return ""
        return value
