"""A module that is being evaluated: its variables, locals, resources, calls and outputs, each when first asked for."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping

from mainstay.model.findings import Gap
from mainstay.model.places import Place
from mainstay.model.values import ABSENT, Items, Record, Unknown, Value
from mainstay.sources.alternatives import one_of
from mainstay.sources.terraform import data_sources
from mainstay.sources.terraform.bodies import CALL_ARGUMENTS, evaluate, evaluate_blocks, written
from mainstay.sources.terraform.configuration import Address, Configuration
from mainstay.sources.terraform.expansion import Round, by_count, by_for_each
from mainstay.sources.terraform.instance import Instance
from mainstay.sources.terraform.library import Library
from mainstay.sources.terraform.scope import Scope
from mainstay.sources.terraform.site import Site
from mainstay.sources.terraform.syntax import Block, Body
from mainstay.sources.terraform.types import EvaluationError

PROVIDER_PAIR = re.compile(r"([\w-]+(?:\.[\w-]+)?)\"?\s*[=:]\s*\"?([\w-]+(?:\.[\w-]+)?)")

Inputs = Mapping[str, Callable[[], Value]]
Cached = tuple[Value, frozenset[str]]


class Module:
    """One instance of a module. It is the `Names` that its expressions see."""

    def __init__(
        self,
        configuration: Configuration,
        site: Site,
        library: Library,
        inputs: Inputs,
        parent: Module | None = None,
        providers: Mapping[str, str] | None = None,
    ) -> None:
        self.configuration = configuration
        self.site = site
        self.run = site.run
        self.library = library
        self.inputs = inputs
        self.parent = parent
        self.providers = providers or {}
        self.scope = Scope(self)
        self._cache: dict[str, Cached] = {}
        self._busy: set[str] = set()
        self._instances: dict[str, list[Instance]] = {}
        self._together: dict[str, Value] = {}
        self._modules: dict[str, list[tuple[Round, Module]]] = {}

    # -- the names that expressions use

    def variable(self, name: str, place: Place) -> Value:
        return self._cached(f"var.{name}", place, lambda: self._variable(name, place))

    def local(self, name: str, place: Place) -> Value:
        attribute = self.configuration.locals.get(name)
        if attribute is None:
            return Unknown(f"local.{name} is not declared", place)
        return self._cached(f"local.{name}", place, lambda: evaluate(attribute.expression, self.scope))

    def output(self, name: str, place: Place) -> Value:
        block = self.configuration.outputs.get(name)
        value = block.body.attributes.get("value") if block is not None else None
        if value is None:
            raise EvaluationError(f"{self.site.address or 'the module'} has no output {name!r}")
        return self._cached(f"output.{name}", place, lambda: evaluate(value.expression, self.scope))

    def call(self, name: str, place: Place) -> Value:
        block = self.configuration.calls.get(name)
        if block is None:
            return Unknown(f"module.{name} is not declared", place)
        if f"module.{name}" in self._busy:
            return self._circle(f"module.{name}", place)
        rounds = self.modules(name)
        if rounds is None:
            source = data_sources.literal(block, "source")
            return Unknown(f"module.{name} ({source}) is not available", block.place, "run terraform init")
        return _collected(block, [(one, _Outputs(module, place)) for one, module in rounds])

    def managed(self, type: str, name: str, place: Place) -> Value:
        return self._resource(self.configuration.managed, (type, name), f"{type}.{name}", place)

    def data(self, type: str, name: str, place: Place) -> Value:
        return self._resource(self.configuration.data, (type, name), f"data.{type}.{name}", place)

    def path(self, name: str, place: Place) -> Value:
        if name in ("module", "root", "cwd"):
            target = self.site.directory if name == "module" else self.site.root
            return os.path.relpath(target, self.site.root)
        if name == "terraform.workspace":
            return self.run.workspace
        return Unknown(f"{name} is not known before Terraform runs", place)

    # -- resources and calls, expanded

    def resources(self) -> Iterator[tuple[Instance, Value]]:
        """Every instance of every managed resource, with the tags that its provider adds (ABSENT where it adds none).

        Those of the modules that it calls are included.
        """
        for (type, name), block in self.configuration.managed.items():
            for instance in self._expanded(block, f"{type}.{name}"):
                yield instance, self._default_tags(block)
        for name in self.configuration.calls:
            for _, module in self.modules(name) or ():
                yield from module.resources()

    def modules(self, name: str) -> list[tuple[Round, Module]] | None:
        """The instances of a called module; None where it is not there to be read."""
        known = self._modules.get(name)
        if known is None:
            block = self.configuration.calls[name]
            configuration = self.library.called(self.site, name, block)
            if configuration is None:
                return None
            self._busy.add(f"module.{name}")
            try:
                known = [(one, self._instantiate(name, block, configuration, one)) for one in self._rounds(block)]
            finally:
                self._busy.discard(f"module.{name}")
            self._modules[name] = known
        return known

    def _default_tags(self, block: Block) -> Value:
        chosen = written("provider", block.body.attributes)
        return self._provider_tags(chosen.strip('"') or block.labels[0].split("_", 1)[0])

    def _provider_tags(self, provider: str) -> Value:
        name, _, alias = provider.partition(".")
        block = self.configuration.providers.get((name, alias))
        if block is not None and not (self.parent is not None and _is_empty(block.body)):
            return self._cached(f"tags.{provider}", block.place, lambda: _default_tags(block.body, self.scope))
        return self.parent._provider_tags(self.providers.get(provider, provider)) if self.parent is not None else ABSENT

    # -- how they are found

    def _cached(self, key: str, place: Place, evaluate: Callable[[], Value]) -> Value:
        known = self._cache.get(key)
        if known is None:
            if key in self._busy:
                return self._circle(key, place)
            self._busy.add(key)
            try:
                known = self._cache[key] = self.run.collecting(evaluate)
            finally:
                self._busy.discard(key)
        self.run.touch(known[1])
        return known[0]

    def _circle(self, key: str, place: Place) -> Unknown:
        reason = f"{self.site.prefixed(key)} depends on itself"
        self.run.gap(Gap("evaluation", reason, place))
        return Unknown(reason, place)

    def _variable(self, name: str, place: Place) -> Value:
        declared = self.configuration.variables.get(name)
        if declared is None:
            return Unknown(f"var.{name} is not declared", place)
        variable = self.library.variable(self.configuration, name, declared)
        given = self.inputs.get(name)
        if given is not None:
            return variable.convert(given(), self.site.address)
        return variable.missing(self.site.address) if variable.default is ABSENT else variable.default

    def _resource(self, table: Mapping[Address, Block], address: Address, local: str, place: Place) -> Value:
        block = table.get(address)
        if block is None:
            return Unknown(f"{local} is not declared", place)
        if f"{local}#" in self._busy:
            return self._circle(local, place)
        known = self._together.get(local)
        if known is None:
            instances = self._expanded(block, local)
            known = self._together[local] = _collected(block, [(instance.round, instance) for instance in instances])
        return known

    def _expanded(self, block: Block, local: str) -> list[Instance]:
        known = self._instances.get(local)
        if known is None:
            self._busy.add(f"{local}#")
            try:
                rounds = self._rounds(block)
            finally:
                self._busy.discard(f"{local}#")
            known = self._instances[local] = [Instance(self.site, self, block, local, one) for one in rounds]
        return known

    def _rounds(self, block: Block) -> list[Round]:
        attributes = block.body.attributes
        argument = "count" if "count" in attributes else "for_each" if "for_each" in attributes else None
        if argument is None:
            return [Round()]
        outer, self.run.touched = self.run.touched, set()
        try:
            value = evaluate(attributes[argument].expression, self.scope)
            return list(by_count(value) if argument == "count" else by_for_each(value))
        except EvaluationError as error:
            unknown = Unknown(str(error), attributes[argument].place)
            self.run.gap(Gap("evaluation", f"{self.site.prefixed('.'.join(block.labels))}: {error}", unknown.place))
            return list(by_count(unknown) if argument == "count" else by_for_each(unknown))
        finally:
            self.run.touched = outer

    def _instantiate(self, name: str, block: Block, configuration: Configuration, one: Round) -> Module:
        scope = Scope(self, one.iteration)
        inputs: dict[str, Callable[[], Value]] = {}
        for key, attribute in block.body.attributes.items():
            if key not in CALL_ARGUMENTS:
                inputs[key] = lambda expression=attribute.expression: evaluate(expression, scope)  # type: ignore[misc]
        site = self.site.below(configuration.directory, f"module.{name}{one.suffix}", one.may_exist, block.place)
        self.run.modules += 1
        return Module(configuration, site, self.library, inputs, self, _passed(block.body))


def _passed(body: Body) -> dict[str, str]:
    """The providers that a call hands on, by the name that they have in the called module."""
    return dict(PROVIDER_PAIR.findall(written("providers", body.attributes)))


def _is_empty(body: Body) -> bool:
    """True of a provider block that only says that the module wants one: the caller's is meant."""
    return not body.blocks and body.attributes.keys() <= {"alias", "version"}


def _default_tags(body: Body, scope: Scope) -> Value:
    if "default_tags" in body.attributes:  # in JSON, a block looks like an attribute
        block = evaluate(body.attributes["default_tags"].expression, scope)
    else:
        block = next((blocks for _, blocks in evaluate_blocks(body, scope, only="default_tags")), ABSENT)
    block = block[0] if isinstance(block, list) and block else block
    return block.get("tags", ABSENT) if isinstance(block, dict) else ABSENT


class _Outputs(Record):
    """A module as an expression sees it: outputs, evaluated when they are read."""

    __slots__ = ("_module", "_place")

    def __init__(self, module: Module, place: Place) -> None:
        super().__init__(rest=Unknown(f"the outputs of {module.site.address} taken together"))
        self._module = module
        self._place = place

    def look_up(self, key: str) -> Value:
        return self._module.output(key, self._place)


def _collected(block: Block, instances: list[tuple[Round, Record]]) -> Value:
    """What a resource's or a module's name stands for: an object, a list (count) or a map (for_each)."""
    attributes = block.body.attributes
    if "count" not in attributes and "for_each" not in attributes:
        return instances[0][1]
    sure = [(one, value) for one, value in instances if one.may_exist is None]
    perhaps = [(one, value) for one, value in instances if one.may_exist is not None]
    rest = ABSENT if not perhaps else perhaps[0][1] if len(perhaps) == 1 else _any_of(perhaps)
    doubt = perhaps[0][0].may_exist if perhaps else None
    if "count" in attributes:
        return Items([value for _, value in sure], rest, doubt)
    return Record({str(one.key): value for one, value in sure}, rest=rest, doubt=doubt)


def _any_of(perhaps: list[tuple[Round, Record]]) -> Value:
    doubt = perhaps[0][0].may_exist
    assert doubt is not None
    return one_of([value for _, value in perhaps], doubt)
