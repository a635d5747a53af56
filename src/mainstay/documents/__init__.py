"""Documents: YAML and JSON text, read into records that know where every key stands."""

from mainstay.documents.items import Item, place_of
from mainstay.documents.json_text import read_json
from mainstay.documents.parsed import MAX_DEPTH, MAX_EXPANSION, Parsed
from mainstay.documents.plain_json import decode_json, is_deep
from mainstay.documents.scalars import number
from mainstay.documents.suggestions import did_you_mean
from mainstay.documents.text import decode
from mainstay.documents.yaml_text import read_yaml

__all__ = [
    "MAX_DEPTH",
    "MAX_EXPANSION",
    "Item",
    "Parsed",
    "decode",
    "decode_json",
    "did_you_mean",
    "is_deep",
    "number",
    "place_of",
    "read_json",
    "read_yaml",
]
