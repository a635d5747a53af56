"""Access logs of Application Load Balancers: text, a request a line, fields by their place, some in quotes."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterator, Mapping

import msgspec

from mainstay.model.events import KEYS, MOVED, Batch, Event, LogSource, as_bytes
from mainstay.model.values import Value
from mainstay.sources.logs.records import STRETCH, lines
from mainstay.sources.logs.times import moment

SOURCE: LogSource = "alb"

FIELDS = [
    "type",
    "time",
    "elb",
    "client",
    "target",
    "request_processing_time",
    "target_processing_time",
    "response_processing_time",
    "elb_status_code",
    "target_status_code",
    "received_bytes",
    "sent_bytes",
    "request",
    "user_agent",
    "ssl_cipher",
    "ssl_protocol",
    "target_group_arn",
    "trace_id",
    "domain_name",
    "chosen_cert_arn",
    "matched_rule_priority",
    "request_creation_time",
    "actions_executed",
    "redirect_url",
    "error_reason",
    "target_port_list",
    "target_status_code_list",
    "classification",
    "classification_reason",
    "conn_trace_id",
    "transformed_host",
    "transformed_uri",
    "request_transform_status",
]
"""In AWS's order. `client`, `target` and `request` are told by their parts; what AWS adds behind is left out."""

_LONGEST = 256 << 10
_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)"|([^ "][^ ]*)|"(.*)')
_TYPE = re.compile(r"[a-z][a-z0-9]{0,9}")
_OWNER = re.compile(r"(\d{12})_elasticloadbalancing_([a-z0-9-]+)_")
_NUMBER = re.compile(r"-?\d{1,18}", re.ASCII)
_FRACTION = re.compile(r"-?\d{1,18}(\.\d{1,18})?", re.ASCII)
_PLAIN = {name: index for index, name in enumerate(FIELDS[:12])}


def _whole(text: str) -> Value:
    return int(text) if _NUMBER.fullmatch(text) else text


def _seconds(text: str) -> Value:
    return float(text) if _FRACTION.fullmatch(text) else text


_READ: Mapping[str, Callable[[str], Value]] = {
    **dict.fromkeys(("elb_status_code", "target_status_code", "received_bytes", "sent_bytes"), _whole),
    **dict.fromkeys(("matched_rule_priority", "client_port", "target_port"), _whole),
    **dict.fromkeys(("request_processing_time", "target_processing_time", "response_processing_time"), _seconds),
}


class Request:
    """A line of an access log, of which the fields before the request are split."""

    __slots__ = ("_file", "_line", "_number", "_owner", "_parts", "time_us")

    def __init__(self, line: str, parts: list[str], time_us: int, file: str, number: int, owner: Owner) -> None:
        self._line = line
        self._parts = parts
        self.time_us = time_us
        self._file = file
        self._number = number
        self._owner = owner

    def keys(self) -> tuple[Hashable, ...]:
        return tuple(self._key(group[0]) if len(group) == 1 else tuple(map(self._key, group)) for group in KEYS[SOURCE])

    def _key(self, name: str) -> Hashable:
        at = _PLAIN.get(name)
        if at is None:
            value = self.event().fields.get(name)
            return value if isinstance(value, str | int | float) else None
        text = self._parts[at]
        key: Hashable = None if text == "-" else _READ.get(name, str)(text)
        return key

    def text(self) -> bytes:
        return msgspec.json.encode(self.event().fields)

    def told(self) -> tuple[str, str, int]:
        return f"{self._file}:{self._number}", self._file, self._number

    def moved(self) -> float | None:
        return as_bytes(self._key(MOVED[SOURCE][0]))

    def event(self) -> Event:
        fields = dict(_fields(self._line))
        arn = str(fields.get("target_group_arn", "")).split(":")
        account, region = self._owner or ((arn[4], arn[3]) if len(arn) > 5 else ("", ""))
        if account:
            fields |= {"account_id": account, "region": region}
        return Event(SOURCE, self.time_us, self.told()[0], fields, self._file, self._number)


Owner = tuple[str, str] | None


def _fields(line: str) -> Iterator[tuple[str, Value]]:
    for name, token in zip(FIELDS, _TOKEN.finditer(line), strict=False):
        text = next((group for group in token.groups() if group is not None), "")
        for own, value in _parts(name, text):
            if value not in ("-", ""):
                yield own, _READ.get(own, str)(value)


def _parts(name: str, text: str) -> tuple[tuple[str, str], ...]:
    if name in ("client", "target"):
        address, _, port = text.rpartition(":")
        return ((f"{name}_ip", address.strip("[]")), (f"{name}_port", port)) if address else ((f"{name}_ip", text),)
    if name == "request":
        verb, _, rest = text.partition(" ")
        url, _, protocol = rest.rpartition(" ")
        return ("request_verb", verb), ("request_url", url), ("request_proto", protocol)
    return ((name, text),)


def recognise(name: str, head: bytes) -> bool:
    line = head.lstrip(b"\r\n").split(b"\n", 1)[0].decode("utf-8", "replace")
    return _moment(line.split(" ", 12)) is not None


def _moment(parts: list[str]) -> int | None:
    """When the answer was made; None where it is no line of an access log."""
    if len(parts) < 13 or not _TYPE.fullmatch(parts[0]) or not parts[12].startswith('"'):
        return None
    return moment(parts[1]) if "T" in parts[1] else None


def read(name: str, data: bytes) -> Iterator[Batch]:
    named = _OWNER.search(name)
    owner = (named[1], named[2]) if named else None
    records: list[Request] = []
    rejected = 0
    for number, raw in enumerate(lines(data), 1):
        line = raw[: _LONGEST + 1].decode("utf-8", "replace").strip()
        if not line and len(raw) <= _LONGEST:
            continue
        parts = line.split(" ", 12)
        time_us = _moment(parts) if len(raw) <= _LONGEST else None
        if time_us is None:
            rejected += 1
            continue
        records.append(Request(line, parts, time_us, name, number, owner))
        if len(records) == STRETCH:
            yield Batch(SOURCE, name, records, (), rejected)
            records, rejected = [], 0
    if records or rejected:
        yield Batch(SOURCE, name, records, (), rejected)
