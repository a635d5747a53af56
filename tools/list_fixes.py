"""Lists what fixes would set: the type, the property, the value and the first control that asks for it.

Read it when the catalogue has grown. A property that breaks something when it is set alone, or means nothing without
a value that depends on the reader's world, belongs in `src/mainstay/catalog/by_hand.yaml`.
"""

from __future__ import annotations

from mainstay.catalog import load, load_shapes
from mainstay.catalog.by_hand import load_by_hand
from mainstay.engine import explain
from mainstay.engine.remedies import remedy
from mainstay.model.patches import NoPatch
from mainstay.model.resources import Origin, Resource
from mainstay.sources.spelling import Spelling


def main() -> None:
    spelling, by_hand = Spelling(load_shapes()), load_by_hand()
    found: dict[str, str] = {}
    for control in load().controls:
        for example in control.examples:
            resource = Resource(example.type, "", example.properties, Origin("example", "", None))
            reasons = explain(control.expect, spelling.with_defaults(resource).properties)
            assignments = remedy(control, reasons) if reasons else ()
            for one in () if isinstance(assignments, NoPatch) else assignments:
                key = (one.fields or {}).get("Key")
                path = ".".join((*one.plain, *([str(key)] if key else [])))
                if (example.type, path) not in by_hand:
                    found.setdefault(f"{example.type} {path} = {one.fields or one.value}", control.id)
    for line in sorted(found):
        print(f"{line}  ({found[line]})")


if __name__ == "__main__":
    main()
