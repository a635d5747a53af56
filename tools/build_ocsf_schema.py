"""Make the schemas that tests validate OCSF by, from a checkout of the OCSF schema (build time only).

    git clone --branch v1.8.0 https://github.com/ocsf/ocsf-schema && python tools/build_ocsf_schema.py ocsf-schema

It compiles each class of `CLASSES` with the profile `cloud`, and the objects beside it, to a JSON schema: an attribute
whose object is not compiled is not allowed, so that the schema is never laxer than the official one.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

TESTS = Path(__file__).parent.parent / "tests/outputs"
PROFILE = "cloud"
WRITTEN = (
    "account", "analytic", "cloud", "evidences", "file", "finding_info", "metadata", "product", "remediation",
    "resource_details",
)  # fmt: skip
CLASSES: Mapping[str, tuple[Path, tuple[str, ...]]] = {
    "compliance_finding": (TESTS / "ocsf_compliance_finding.schema.json", ("compliance", *WRITTEN)),
    "detection_finding": (
        TESTS / "hunts" / "ocsf_detection_finding.schema.json",
        ("actor", "api", "attack", "network_endpoint", "sub_technique", "technique", "user", *WRITTEN),
    ),
}
"""The classes that are written, each with its schema and the objects that are written in it."""

PLAIN: Mapping[str, dict[str, Any]] = {
    "boolean_t": {"type": "boolean"},
    "float_t": {"type": "number"},
    "integer_t": {"type": "integer"},
    "json_t": {},
    "long_t": {"type": "integer"},
    "string_t": {"type": "string"},
    "object": {"type": "object"},
}
COMMENT = (
    "Compiled by tools/build_ocsf_schema.py from the Open Cybersecurity Schema Framework {version}, copyright OCSF, "
    "a Series of LF Projects, LLC, under the Apache License 2.0."
)

Json = dict[str, Any]


class Checkout:
    """The files of the schema, with what one includes or extends put into it."""

    def __init__(self, root: Path, objects: Sequence[str]) -> None:
        self.root = root
        self.objects = objects
        self.version: str = self.read("version.json")["version"]
        dictionary = self.read("dictionary.json")
        self.dictionary: Json = dictionary["attributes"]
        self.types: Json = dictionary["types"]["attributes"]

    def read(self, name: str) -> Json:
        loaded: Json = json.loads((self.root / name).read_text("utf-8"))
        return loaded

    def named(self, folder: str, name: str) -> Json:
        """The class or object of that name, with the attributes and constraints of what it extends."""
        found = (json.loads(path.read_text("utf-8")) for path in sorted((self.root / folder).rglob("*.json")))
        own: Json = next(one for one in found if one.get("name") == name)
        parent = self.named(folder, own["extends"]) if own.get("extends") else {}
        attributes: Json = dict(parent.get("attributes", {}))
        for attribute, told in self.included(own.get("attributes", {})).items():
            attributes[attribute] = {**attributes.get(attribute, {}), **told}
        return {"attributes": attributes, "constraints": own.get("constraints", parent.get("constraints", {}))}

    def included(self, attributes: Json) -> Json:
        """The attributes, with those of the profile that is written; other profiles are not."""
        names = attributes.get("$include", [])
        told: Json = {}
        for name in [names] if isinstance(names, str) else names:
            if Path(name).stem == PROFILE:
                told |= {one: {**said, "profile": PROFILE} for one, said in self.read(name)["attributes"].items()}
        return told | {name: said for name, said in attributes.items() if name != "$include"}

    def compiled(self, folder: str, name: str) -> Json:
        """The class or object as a JSON schema that allows nothing else."""
        whole = self.named(folder, name)
        kept = {
            one: told for one, told in whole["attributes"].items() if told.get("profile", PROFILE) in (PROFILE, None)
        }
        properties = {
            one: schema for one, told in sorted(kept.items()) if (schema := self.attribute(one, told)) is not None
        }
        # What a profile demands is demanded where the profile is named; events of code name none.
        required = sorted(
            one for one, told in kept.items() if told.get("requirement") == "required" and not told.get("profile")
        )
        limits = [{"required": [one]} for one in whole["constraints"].get("at_least_one", ()) if one in properties]
        return {
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": False,
            **({"anyOf": limits} if limits else {}),
            **({"allOf": captions} if (captions := [*self.captions(kept, properties)]) else {}),
        }

    def captions(self, kept: Json, properties: Json) -> Iterator[Json]:
        """For each number of an enumeration the word that must stand beside it; the word of `Other` is free."""
        for one, told in kept.items():
            known: Json = self.dictionary[one]
            word = told.get("sibling", known.get("sibling"))
            if one not in properties or word not in properties:
                continue
            for number, said in {**known.get("enum", {}), **told.get("enum", {})}.items():
                if number != "99":
                    yield {
                        "if": {"properties": {one: {"const": int(number)}}, "required": [one]},
                        "then": {"properties": {word: {"const": said["caption"]}}},
                    }

    def attribute(self, name: str, told: Json) -> Json | None:
        """The schema of one attribute; None where its object is not compiled or the attribute is deprecated."""
        known: Json = self.dictionary[name]
        enum = {**known.get("enum", {}), **told.get("enum", {})}
        schema = self.value(told["type"] if "type" in told else known["type"])
        if schema is None or "@deprecated" in {**known, **told}:
            return None
        if enum:
            schema = {"enum": [int(one) if schema["type"] == "integer" else one for one in enum]}
        return {"type": "array", "items": schema} if told.get("is_array", known.get("is_array")) else schema

    def value(self, type_name: str) -> Json | None:
        if type_name in PLAIN:
            return PLAIN[type_name]
        if type_name in self.types:
            said = self.types[type_name]
            schema = dict(PLAIN[said["type"]]) if said["type"] in PLAIN else dict(self.value(said["type"]) or {})
            if "regex" in said:
                schema["pattern"] = said["regex"]
            if "max_len" in said:
                schema["maxLength"] = said["max_len"]
            return schema
        return {"$ref": f"#/$defs/{type_name}"} if type_name in self.objects else None


def build(root: Path, name: str, objects: Sequence[str]) -> Json:
    checkout = Checkout(root, objects)
    event = checkout.compiled("events", name)
    uid = 2000 + checkout.read(f"events/findings/{name}.json")["uid"]
    event["properties"] |= {"class_uid": {"const": uid}, "category_uid": {"const": 2}}
    event["properties"]["metadata"] = {
        "allOf": [{"$ref": "#/$defs/metadata"}, {"properties": {"version": {"const": checkout.version}}}]
    }
    # The profile's attributes and its name come together.
    named = {
        "properties": {
            "metadata": {"properties": {"profiles": {"contains": {"const": PROFILE}}}, "required": ["profiles"]}
        }
    }
    event |= {"if": named, "then": {"required": [PROFILE]}, "else": {"not": {"required": [PROFILE]}}}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$comment": COMMENT.format(version=checkout.version),
        "type": "array",
        "items": event,
        "$defs": {one: checkout.compiled("objects", one) for one in objects},
    }


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("name the checkout of the OCSF schema")
    for name, (target, objects) in CLASSES.items():
        schema = build(Path(sys.argv[1]), name, sorted(objects))
        target.write_text(json.dumps(schema, separators=(",", ":")) + "\n", "utf-8")
        print(f"{target.name}: {target.stat().st_size // 1024} KB", file=sys.stderr)
