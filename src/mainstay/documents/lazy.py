"""Records of JSON that decode their parts when somebody asks for them: most rules read few fields of an event."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, ItemsView, Iterator, KeysView, Mapping, ValuesView
from typing import Any, Final

import msgspec
from msgspec import Raw

from mainstay.documents.plain_json import DEEPEST, is_deep
from mainstay.model.values import Value

_MISSING: Final = object()
_get = dict.get
_set = dict.__setitem__
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_plain = msgspec.json.Decoder()
_parts = msgspec.json.Decoder(dict[str, Raw])


class LazyRecord(dict[str, Value]):
    """A record whose parts may be JSON text (`msgspec.Raw`) and are decoded when they are first looked at.

    It equals the plain dict in every other way; copies and pickles of it are one. A part that is no good JSON, or nests
    deeper than anything that is walked, is its text.
    """

    __slots__ = ()

    @classmethod
    def of(cls, text: bytes) -> LazyRecord:
        """The record that the text is, with its parts undecoded.

        Raises ValueError where it is no JSON object, and RecursionError.
        """
        return cls(_parts.decode(text))

    def plain(self) -> dict[str, Value]:
        """A dict of everything."""
        self._decode()
        return dict(dict.items(self))

    def _decode(self) -> None:
        for key, value in dict.items(self):
            if type(value) is Raw:
                dict.__setitem__(self, key, decode_part(value))  # the keys stay, so that the view may go on

    def __getitem__(self, key: str) -> Value:
        value = dict.__getitem__(self, key)
        if type(value) is Raw:
            value = decode_part(value)
            dict.__setitem__(self, key, value)
        return value

    def get(self, key: str, default: Value = None) -> Value:
        value = dict.get(self, key, default)
        if type(value) is Raw:
            value = decode_part(value)
            dict.__setitem__(self, key, value)
        return value

    def __iter__(self) -> Iterator[str]:
        return dict.__iter__(self)  # its being here keeps dict(...) and {**...} from looking past __getitem__

    def values(self) -> ValuesView[Value]:  # type: ignore[override] # the view of another dict would not be live
        self._decode()
        return super().values()

    def items(self) -> ItemsView[str, Value]:  # type: ignore[override] # likewise
        self._decode()
        return super().items()

    def pop(self, key: str, *default: Value) -> Value:
        if key in self:
            self[key]
        return dict.pop(self, key, *default)

    def popitem(self) -> tuple[str, Value]:
        self._decode()
        return dict.popitem(self)

    def setdefault(self, key: str, default: Value = None) -> Value:
        dict.setdefault(self, key, default)
        return self[key]

    def copy(self) -> dict[str, Value]:
        return self.plain()

    def __eq__(self, other: object) -> bool:
        if isinstance(other, LazyRecord):
            return self.plain() == other.plain()
        return self.plain() == other

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = None  # as of every dict

    def __or__(self, other: Mapping[str, Value]) -> dict[str, Value]:  # type: ignore[override] # of strings only
        return self.plain() | dict(other) if isinstance(other, dict) else NotImplemented

    def __ror__(self, other: Mapping[str, Value]) -> dict[str, Value]:  # type: ignore[override] # of strings only
        return dict(other) | self.plain() if isinstance(other, dict) else NotImplemented

    def __repr__(self) -> str:
        return repr(self.plain())

    def __reduce_ex__(self, protocol: object) -> Any:
        return dict, (self.plain(),)


class PartialRecord(LazyRecord):
    """A record of which the most asked fields stand in a row, and the rest is fetched when anything else is looked at.

    `names` are the row's attributes; None in it is absent or null, which no rule tells apart. `fetch` gives the text of
    the whole. `shared` decodes those parts that many records have in common.
    """

    __slots__ = ("_fetch", "_names", "_row", "_shared")

    def __init__(
        self,
        row: object,
        names: frozenset[str],
        fetch: Callable[[], bytes],
        shared: Mapping[str, Callable[[bytes], Value]],
    ) -> None:
        self._row = row
        self._names = names
        self._fetch: Callable[[], bytes] | None = fetch
        self._shared = shared

    def get(self, key: str, default: Value = None) -> Value:
        value = _get(self, key, _MISSING)
        if value is _MISSING:
            if key not in self._names:
                if self._fetch is None:
                    return default
                self._complete()
                return super().get(key, default)
            value = self._of_row(key)
        elif type(value) is Raw:
            value = decode_part(value)
            _set(self, key, value)
        return value

    def __getitem__(self, key: str) -> Value:
        if _get(self, key, _MISSING) is _MISSING:
            self._complete()
        return super().__getitem__(key)

    def __contains__(self, key: object) -> bool:
        self._complete()
        return dict.__contains__(self, key)

    def __iter__(self) -> Iterator[str]:
        self._complete()
        return super().__iter__()

    def __len__(self) -> int:
        self._complete()
        return dict.__len__(self)

    def keys(self) -> KeysView[str]:  # type: ignore[override] # of strings only
        self._complete()
        return super().keys()

    def setdefault(self, key: str, default: Value = None) -> Value:
        self._complete()
        return super().setdefault(key, default)

    def __delitem__(self, key: str) -> None:
        self._complete()
        dict.__delitem__(self, key)

    def _of_row(self, key: str) -> Value:
        value = getattr(self._row, key)
        if type(value) is Raw:
            text = bytes(value)
            shared = self._shared.get(key)
            value = shared(text) if shared is not None else decode_part(text)
        _set(self, key, value)
        return value

    def _decode(self) -> None:
        self._complete()
        super()._decode()

    def _complete(self) -> None:
        """Takes in the whole; what was set meanwhile stays."""
        if self._fetch is None:
            return
        text, self._fetch = self._fetch(), None
        try:
            whole = _parts.decode(text)
        except (ValueError, RecursionError):
            whole = decode_part(text)
        if isinstance(whole, dict):
            for key in self._names - whole.keys():
                dict.pop(self, key, None)
            own = dict(dict.items(self))
            dict.update(self, whole)
            dict.update(self, own)


def decode_part(text: bytes | Raw) -> Value:
    """What a piece of JSON says, in any case: what is no good JSON, or nests too deep, is its text."""
    try:
        value = _plain.decode(text)
    except (ValueError, RecursionError):
        try:
            return decode_loosely(bytes(text))
        except ValueError:
            return bytes(text).decode("utf-8", "replace")
    if type(value) in (dict, list):
        text = bytes(text)
        if text.count(b"[") + text.count(b"{") > DEEPEST and is_deep(value):
            return text.decode("utf-8", "replace")
    return value


def decode_loosely(text: bytes) -> Value:
    """What JSON says that keeps to the standard in its structure only.

    What is no UTF-8 and half a surrogate pair become the replacement character; NaN, Infinity and numbers that no float
    holds become strings. Raises ValueError where it is no JSON at all, or nests deeper than anything that is walked.
    """
    shown = text.decode("utf-8", "replace")
    try:
        value = json.loads(shown, strict=False, parse_constant=str, parse_float=_number)
        if shown.count("[") + shown.count("{") > DEEPEST and is_deep(value):
            raise ValueError("nested too deep")
    except RecursionError:
        raise ValueError("nested too deep") from None
    return _whole(value) if _SURROGATE.search(shown) else value


def _number(text: str) -> float | str:
    number = float(text)
    return text if number in (float("inf"), float("-inf")) else number


def _whole(value: Value) -> Value:
    """The value with its half surrogate pairs replaced: no stream could write them."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_whole(one) for one in value]
    if isinstance(value, dict):
        return {_whole(key): _whole(one) for key, one in value.items()}
    return value
