"""Local artifacts: `sam package` puts code where AWS finds it, and a translator wants the code to be there already."""

from __future__ import annotations

from typing import Final

from mainstay.model.places import Place
from mainstay.model.values import Unknown, Value
from mainstay.sources.cloudformation.texts import surely_set

BUCKET: Final = "mainstay-not-packaged"
URI: Final = f"s3://{BUCKET}/{BUCKET}"
IMAGE: Final = f"000000000000.dkr.ecr.us-east-1.amazonaws.com/{BUCKET}:latest"

_URIS = {
    "AWS::Serverless::Api": ("DefinitionUri",),
    "AWS::Serverless::GraphQLApi": ("SchemaUri", "CodeUri"),
    "AWS::Serverless::HttpApi": ("DefinitionUri",),
    "AWS::Serverless::LayerVersion": ("ContentUri",),
    "AWS::Serverless::StateMachine": ("DefinitionUri",),
}
_FUNCTIONS = ("AWS::Serverless::Function", "AWS::Serverless::WebFunction")


def packaged(template: dict[str, Value]) -> dict[str, Value]:
    """A template in plain data, changed in place: every artifact is said to lie in a bucket."""
    sections = template.get("Globals")
    sections = sections if isinstance(sections, dict) else {}
    for section in sections.values():
        if isinstance(section, dict):
            _replace(section, ("CodeUri", "DefinitionUri", "ContentUri"))
    shared = sections.get("Function")
    for entry in template["Resources"].values():
        kind = entry.get("Type") if isinstance(entry, dict) else None
        properties = entry.get("Properties") if isinstance(entry, dict) else None
        if not isinstance(kind, str) or not isinstance(properties, dict):
            continue
        if kind in _FUNCTIONS:
            _function(properties, shared if isinstance(shared, dict) else {})
        _replace(properties, _URIS.get(kind, ()))
        nested = properties.get("Functions")
        if kind == "AWS::Serverless::GraphQLApi" and isinstance(nested, dict):
            for function in nested.values():
                if isinstance(function, dict):
                    _replace(function, ("CodeUri",))
    return template


def not_packaged(text: str, place: Place | None) -> Unknown | None:
    """What stands for an artifact's place in a bucket; None for any other text."""
    if BUCKET not in text:
        return None
    return surely_set("where the artifact lies is known once it is packaged", place)


def _function(properties: dict[str, Value], shared: dict[str, Value]) -> None:
    """Where a function's code comes from: an image, what is written inline, or else an archive."""
    if "Image" in (properties.get("PackageType"), shared.get("PackageType")):
        if "ImageUri" not in properties and "ImageUri" not in shared:
            properties["ImageUri"] = IMAGE
    elif "InlineCode" not in properties and "ImageUri" not in properties:
        if "CodeUri" in properties:
            _replace(properties, ("CodeUri",))
        elif "CodeUri" not in shared:
            properties["CodeUri"] = URI


def _replace(properties: dict[str, Value], names: tuple[str, ...]) -> None:
    for name in names:
        value = properties.get(name)
        remote = value.startswith("s3://") if isinstance(value, str) else isinstance(value, dict) and "Bucket" in value
        if value is not None and not remote:
            properties[name] = URI
