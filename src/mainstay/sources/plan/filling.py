"""What the Terraform files leave open and the plan knows, filled into a value that is known in part."""

from __future__ import annotations

import json

from mainstay.model.values import ABSENT, Document, Items, OneOf, Record, Ref, Text, Unknown, Value, is_known
from mainstay.sources.alternatives import one_of
from mainstay.sources.plan.document import as_map
from mainstay.sources.plan.references import References


class Filling:
    """Fills the references inside a value with what the plan knows of their targets."""

    def __init__(self, references: References) -> None:
        self.references = references

    def fill(self, value: Value) -> Value:
        if isinstance(value, Ref):
            return self._target(value)
        if isinstance(value, Text):
            return self._text(value)
        if isinstance(value, Document):
            inner = self.fill(value.value)
            return json.dumps(inner) if is_known(inner) else Document(inner, value.place)
        if isinstance(value, OneOf):
            return one_of([self.fill(option) for option in value.options], value)
        if type(value) is Record:
            rest = value.rest if value.rest is ABSENT else self.fill(value.rest)
            filled = {key: self.fill(inner) for key, inner in value.items()}
            return Record(filled, value.place, value.marks, rest, value.doubt)
        if isinstance(value, Items):
            rest = value.rest if value.rest is ABSENT else self.fill(value.rest)
            return type(value)([self.fill(inner) for inner in value], rest, value.doubt)
        return [self.fill(inner) for inner in value] if type(value) is list else value

    def _target(self, ref: Ref) -> Value:
        instance = self.references.instance(ref.address)
        if instance is None or as_map(instance.sensitive).get(ref.path):
            return ref
        known = instance.after.get(ref.path)
        return known if isinstance(known, str | int | float) and known != "" else ref

    def _text(self, text: Text) -> Value:
        parts: list[Value] = []
        for part in text.parts:
            filled = part if isinstance(part, str) else self.fill(part)
            if isinstance(filled, str | int | float) and not isinstance(filled, bool):
                if parts and isinstance(parts[-1], str):
                    parts[-1] += str(filled)
                else:
                    parts.append(str(filled))
            else:
                parts.append(filled if isinstance(filled, Unknown) else part)
        return "".join(parts) if all(isinstance(part, str) for part in parts) else Text(parts, text.place)
