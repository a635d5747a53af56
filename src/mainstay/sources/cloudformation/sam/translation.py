"""Calls aws-sam-translator, so that it asks neither the network nor the machine's AWS settings for anything."""

from __future__ import annotations

import copy
import importlib.util
import logging
import re
import sysconfig
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from mainstay.model.findings import GapKind
from mainstay.model.values import Value
from mainstay.sources import files

SOURCE: Final = "mainstay:made-from"
"""The key in the Metadata of a resource that names what it was made from: the translator hands Metadata down."""

REGION: Final = "mainstay-region"
"""Stands for the region where it is not known: the translator wants one, and puts it into texts."""

_PACKAGE = "samtranslator"
_REGIONS = {"aws-cn": f"cn-{REGION}", "aws-us-gov": f"us-gov-{REGION}"}
_NAMED = re.compile(r"[Rr]esource with id \[([^\]]*)\](?: is invalid\.)? ?")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a template cannot be translated: because of the resource `name`, where that is known."""

    name: str | None
    reason: str
    kind: GapKind = "evaluation"


@dataclass(frozen=True, slots=True)
class _Session:
    """Stands for a session of boto3, which would look for a region in the user's environment and files."""

    region_name: str


def installed() -> bool:
    """Whether the extra is there, in which version: it is noted like a file that was read, and not imported."""
    spec = importlib.util.find_spec(_PACKAGE)
    place = spec.origin if spec is not None and spec.origin else None
    files.note(Path(place or Path(sysconfig.get_path("purelib"), _PACKAGE, "__init__.py")))
    return spec is not None


def plain(value: Value) -> Value:
    """Records as the maps of plain data that the translator may change."""
    if isinstance(value, dict):
        return {key: plain(child) for key, child in value.items()}
    return [plain(child) for child in value] if isinstance(value, list) else value


class Translation:
    """Translates templates for one place of deployment, with the values of the parameters that are known."""

    def __init__(self, given: Mapping[str, Value], region: str | None, partition: str) -> None:
        self.parameters = {name: value for name, value in given.items() if isinstance(value, (str, int, float))}
        self.session = _Session(region or _REGIONS.get(partition, REGION))

    def run(self, template: Mapping[str, Value]) -> tuple[dict[str, Value] | None, list[Refusal]]:
        """What a template becomes, every resource marked with its source; or why it does not. It is not changed."""
        from samtranslator.model.exceptions import InvalidDocumentException
        from samtranslator.parser.parser import Parser
        from samtranslator.translator.translator import Translator
        from samtranslator.utils.py27hash_fix import to_py27_compatible_template, undo_mark_unicode_str_in_template

        _quiet()
        source = copy.deepcopy(dict(template))
        for name, entry in source["Resources"].items():
            metadata = entry.get("Metadata")
            entry["Metadata"] = {**(metadata if isinstance(metadata, dict) else {}), SOURCE: name}
        witness = _witness()
        try:
            to_py27_compatible_template(source, self.parameters)
            translator = Translator(None, Parser(), [witness], self.session)
            made = translator.translate(
                source, self.parameters, passthrough_metadata=True, get_managed_policy_map=_no_policies
            )
            return undo_mark_unicode_str_in_template(made), []
        except InvalidDocumentException as error:
            return None, list(dict.fromkeys(_refusals(error)))
        except Exception as error:  # noqa: BLE001 # on odd templates it fails with whatever Python raises
            reason = f"the translator of SAM fails with {type(error).__name__}: {error}"
            return None, [Refusal(witness.latest, reason[:300], "unsupported")]


def _witness() -> Any:
    """A plugin that remembers which resource is being translated, to be named where that fails."""
    from samtranslator.plugins import BasePlugin

    class Witness(BasePlugin):  # type: ignore[misc] # the package has no types
        latest: str | None = None

        def on_before_transform_resource(self, logical_id: str, resource_type: str, properties: object) -> None:
            self.latest = logical_id

    return Witness()


def _refusals(error: Any) -> Iterator[Refusal]:
    for cause in error.causes:
        message = str(cause.message)
        match = _NAMED.search(message)
        yield Refusal(match[1] if match else None, _NAMED.sub("", message, count=1)[:300])


def _no_policies() -> dict[str, str]:
    """The managed policies that the translator does not know by itself: it would ask the account for them."""
    return {}


def _quiet() -> None:
    """What the translator logs is in its errors as well, and would go to stderr."""
    logger = logging.getLogger(_PACKAGE)
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
