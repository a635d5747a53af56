"""Circles among resources that wait for one another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping


def cycles(waits_for: Mapping[str, frozenset[str]]) -> Iterator[list[str]]:
    """One circle for every group of resources that no order can create, beginning with the first that is declared."""
    done: set[str] = set()
    for start in waits_for:
        path: list[str] = []
        open_nodes: set[str] = set()
        stack = [(start, iter(sorted(waits_for[start])))] if start not in done else []
        while stack:
            node, following = stack[-1]
            if not path or path[-1] != node:
                path.append(node)
                open_nodes.add(node)
            target = next((other for other in following if other in waits_for and other not in done), None)
            if target is None:
                stack.pop()
                path.pop()
                open_nodes.discard(node)
                done.add(node)
            elif target in open_nodes:
                yield [*path[path.index(target) :], target]
            else:
                stack.append((target, iter(sorted(waits_for[target]))))
