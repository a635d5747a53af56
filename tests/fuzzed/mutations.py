"""What is done to bytes, so that they say something else or nothing."""

from __future__ import annotations

import random
from collections.abc import Callable

TOKENS = [
    b"{", b"}", b"[", b"]", b"(", b")", b'"', b"${", b"%{", b"}", b"<<EOT\n", b"\nEOT\n", b"<<-X\n", b"!Ref ", b"!Sub ",
    b"Fn::If", b"Fn::ForEach::X", b"&a ", b"*a ", b"<<: ", b"for ", b" in ", b" : ", b" => ", b"...", b"[*]", b".*.",
    b"count = ", b"for_each = ", b"dynamic ", b"var.", b"local.", b"each.value", b"try(", b"jsonencode(", b"null",
    b"-1", b"1e999", b"0.1", b"\x00", b"\xff\xfe", b"\xe2\x80\xae", b"\t", b"\r\n", b"#", b"/*", b"*/", b"AWS::NoValue",
]  # fmt: skip

Mutation = Callable[[random.Random, bytearray], None]


def _cut(chance: random.Random, data: bytearray) -> None:
    start = chance.randrange(len(data) + 1)
    del data[start : start + chance.randrange(1, 60)]


def _insert(chance: random.Random, data: bytearray) -> None:
    start = chance.randrange(len(data) + 1)
    data[start:start] = chance.choice(TOKENS)


def _repeat(chance: random.Random, data: bytearray) -> None:
    start = chance.randrange(len(data) + 1)
    piece = data[start : start + chance.randrange(1, 200)]
    data[start:start] = piece * chance.randrange(1, 30)


def _flip(chance: random.Random, data: bytearray) -> None:
    if data:
        data[chance.randrange(len(data))] = chance.randrange(256)


def _swap(chance: random.Random, data: bytearray) -> None:
    lines = data.split(b"\n")
    first, second = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[first], lines[second] = lines[second], lines[first]
    data[:] = b"\n".join(lines)


def _nest(chance: random.Random, data: bytearray) -> None:
    start = chance.randrange(len(data) + 1)
    opening = chance.choice([b"[", b"{", b"(", b'"${', b"{a=", b"- ", b"!Not [", b"tolist("])
    data[start:start] = opening * chance.choice([10, 100, 3000])


MUTATIONS: tuple[Mutation, ...] = (_cut, _insert, _repeat, _flip, _swap, _nest)


def mutate(chance: random.Random, text: bytes) -> bytes:
    """The text with one mutation or several."""
    data = bytearray(text)
    for _ in range(chance.randrange(1, 6)):
        chance.choice(MUTATIONS)(chance, data)
    return bytes(data[:500_000])
