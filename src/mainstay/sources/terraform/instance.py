"""One instance of a resource or data source, as other expressions see it and as the review takes it."""

from __future__ import annotations

from mainstay.model.findings import Gap
from mainstay.model.values import ABSENT, Items, Record, Ref, Unknown, Value, references
from mainstay.sources.terraform import data_sources
from mainstay.sources.terraform.bodies import META_ARGUMENTS, META_BLOCKS, evaluate, evaluate_blocks
from mainstay.sources.terraform.expansion import Round
from mainstay.sources.terraform.scope import Names, Scope
from mainstay.sources.terraform.site import Site
from mainstay.sources.terraform.syntax import Block


class Instance(Record):
    """A record that is filled as its attributes are read: what the configuration sets, and references for the rest.

    It is open (`rest`), since the provider adds attributes, so that whoever looks at it as a whole sees that it is
    not known in full.
    """

    __slots__ = ("address", "block", "may_exist", "round", "scope", "seen", "site", "type")

    def __init__(self, site: Site, names: Names, block: Block, local: str, round: Round) -> None:
        self.address = site.prefixed(local) + round.suffix
        super().__init__(place=block.place, rest=Unknown(f"{self.address} is known after apply", None, "pass a plan"))
        self.site = site
        self.block = block
        self.type = block.labels[0]
        self.round = round
        self.may_exist = round.may_exist or site.may_exist
        self.scope = Scope(names, round.iteration)
        self.seen: dict[str, Value] = {}

    def look_up(self, key: str) -> Value:
        """An attribute, as an expression reads it: what is set, and otherwise what the provider will set."""
        run = self.site.run
        run.touch((self.address,))
        value = self.seen.get(key, ABSENT)
        if value is ABSENT:
            self.seen[key] = self._in_circle(key)
            try:
                value, _ = run.collecting(lambda: self._attribute(key))
            finally:
                del self.seen[key]  # also where code nests too deeply: that is no circle
            self.seen[key] = value
        elif isinstance(value, _Circle):
            run.gap(Gap("evaluation", value.reason, value.place))
        return value

    @property
    def condition(self) -> str:
        """What decides whether it exists, where that is its own doubt."""
        if self.round.may_exist is None:
            return ""
        attributes = self.block.body.attributes
        argument = attributes.get("count") or attributes.get("for_each")
        return (argument.words if argument is not None else "?") + self.round.suffix

    def _in_circle(self, key: str) -> Unknown:
        return _Circle(f"{self.address}.{key} depends on itself", self.block.place)

    def _attribute(self, key: str) -> Value:
        computed = data_sources.COMPUTED.get(self.type) if self.address_is_data else None
        if computed is not None:
            value = computed(self.block, self.scope, self.site.run.facts, key, self.address)
            if value is not ABSENT:
                return value
        attribute = self.block.body.attributes.get(key)
        if attribute is not None and key not in META_ARGUMENTS:
            value = evaluate(attribute.expression, self.scope)
            if value is not None:
                return value
        for _, blocks in evaluate_blocks(self.block.body, self.scope, only=key):
            return blocks
        return Ref(self.address, key, self.block.place)

    @property
    def address_is_data(self) -> bool:
        return self.address.removeprefix(f"{self.site.address}.").startswith("data.")

    def body(self) -> tuple[Record, dict[str, frozenset[str]]]:
        """What the configuration sets, and the addresses that each attribute and block reads."""
        run, block = self.site.run, self.block
        record = Record(place=block.place, marks=block.body.marks)
        links: dict[str, frozenset[str]] = {}
        for name, attribute in block.body.attributes.items():
            if name in META_ARGUMENTS:
                continue
            value, touched = run.collecting(lambda expression=attribute.expression: evaluate(expression, self.scope))  # type: ignore[misc]
            if value is not None:
                record[name] = value
            if names := _named(value) or touched:  # a reference may also have come in with a module's input
                links[name] = names
        if any(inner.type not in META_BLOCKS for inner in block.body.blocks):
            outer, run.touched = run.touched, set()
            for name, value in evaluate_blocks(block.body, self.scope):
                record[name] = value
                if run.touched:
                    links[name] = frozenset(run.touched)
            run.touched = outer
        return record, links


def _named(value: Value) -> frozenset[str]:
    """The resources that a reference, or a list of them, names, out of all that were looked at to find it."""
    elements = value if isinstance(value, list) else [value]
    if isinstance(value, Items) and value.rest is not ABSENT:
        return frozenset()
    named = [
        frozenset(ref.address for ref in references(one)) if isinstance(one, Unknown) else frozenset()
        for one in elements
    ]
    return frozenset().union(*named) if all(named) else frozenset()


class _Circle(Unknown):
    """Stands for an attribute while it is being evaluated."""

    __slots__ = ()
