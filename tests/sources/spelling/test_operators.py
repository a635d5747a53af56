"""Each operator of the tables, with known values, with unknown ones, and with lists that may go on."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from mainstay.model.places import ServiceDefault
from mainstay.model.values import Document, Items, OneOf, Record, Ref, Text, Unknown, Value, find_mark
from mainstay.sources.raw import RawResource

if TYPE_CHECKING:
    from conftest import Workbench

Show = Callable[[Value], Value]
UNKNOWN = Unknown("var.x is not set")


def table(entry: str) -> str:
    """The tables' text: one for `t_thing`, its operators given in flow style, one a line."""
    lines = "".join(f"    {line}\n" for line in entry.strip().splitlines())
    return f"terraform:\n  t_thing:\n    type: T::T::Thing\n{lines}"


CASES: dict[str, tuple[str, dict[str, Value], Value]] = {
    # the rule, and names of one's own
    "the rule goes by letters": ("same: [kms_key_arn]", {"kms_key_arn": "k"}, {"KmsKeyARN": "k"}),
    "the rule takes singular for plural": ("same: [rule]", {"rule": [{"id": "a"}]}, {"Rules": [{"Id": "a"}]}),
    "null is absent": ("same: [name]", {"name": None}, {}),
    "a renamed attribute": ("rename: {title: Name}", {"title": "n"}, {"Name": "n"}),
    "an unknown stays unknown": ("rename: {title: Name}", {"title": UNKNOWN}, {"Name": "?"}),
    "what nobody knows is left out": ("same: [name]", {"colour": "red"}, {}),
    "everything under one property": ("under: Encryption", {"key": "k"}, {"Encryption": {"Key": "k"}}),
    # blocks
    "a single block is an object": (
        "same: [encryption.key]", {"encryption": [{"key": "k"}]}, {"Encryption": {"Key": "k"}},
    ),
    "a block that no name fits goes where its attributes go": (
        "rename: {box.title: Outer.Inner.Name, box.size: Outer.Inner.Size}",
        {"box": [{"title": "t", "size": 2}]},
        {"Outer": {"Inner": {"Name": "t", "Size": 2}}},
    ),
    "blocks without a name of their own keep to their elements": (
        "rename: {entry.by.algorithm: Encryption.Entries.Algorithm, entry.bucket: Encryption.Entries.Bucket}",
        {"entry": [{"by": [{"algorithm": "a"}], "bucket": True}, {"by": [{"algorithm": "b"}]}]},
        {"Encryption": {"Entries": [{"Algorithm": "a", "Bucket": True}, {"Algorithm": "b"}]}},
    ),
    "a block inside that says something of the element": (
        "rename: {rule: Rules, rule.expiry.days: Rules.Days}",
        {"rule": [{"id": "a", "expiry": [{"days": 1}]}, {"id": "b", "expiry": [{"days": 2}]}]},
        {"Rules": [{"Id": "a", "Days": 1}, {"Id": "b", "Days": 2}]},
    ),
    "lists in lists": (
        "rename: {rule.step: Rules.Steps}",
        {"rule": [{"id": "a"}, {"step": [{"name": "x"}, {"name": "y"}]}]},
        {"Rules": [{"Id": "a"}, {"Steps": [{"Name": "x"}, {"Name": "y"}]}]},
    ),
    "a list that may go on": (
        "same: [rule.id]",
        {"rule": Items([{"id": "a"}], {"id": UNKNOWN})},
        {"Rules": [{"Id": "a"}, ("...", {"Id": "?"})]},
    ),
    "a list that may go on with nothing known": (
        "same: [rule.id]", {"rule": Items([{"id": "a"}], UNKNOWN)}, {"Rules": [{"Id": "a"}, ("...", "?")]},
    ),
    "a list inside an element that may go on": (
        "rename: {rule.step: Rules.Steps}",
        {"rule": [{"id": "a"}, {"id": "b", "step": Items([{"name": "x"}], {"name": "y"})}]},
        {"Rules": [{"Id": "a"}, {"Id": "b", "Steps": [{"Name": "x"}, ("...", {"Name": "y"})]}]},
    ),
    "a block that may be there": (
        "same: [encryption.key]",
        {"encryption": Items([], {"key": "k"})},
        {"Encryption": ("one of", None, {"Key": "k"})},
    ),
    "a block that may be there, of which nothing is known": (
        "same: [encryption.key]", {"encryption": Items([], UNKNOWN)}, {"Encryption": ("one of", None, "?")},
    ),
    "a block that may be there beside what is": (
        "rename: {box.size: Outer.Inner.Size, title: Outer.Inner.Name}",
        {"box": Items([], {"size": 2}), "title": "t"},
        {"Outer": {"Inner": {"Name": "t", "Size": ("one of", None, 2)}}},
    ),
    "an unknown block makes all that it spells unknown": (
        "rename: {box.size: Outer.Inner.Size, box.title: Name, box.key: Encryption.Key}",
        {"box": UNKNOWN, "encryption": [{"enabled": True}]},
        {
            "Encryption": {"Enabled": True, "Key": ("one of", None, "?")},
            "Outer": ("one of", None, {"Inner": {"Size": "?"}}),
            "Name": ("one of", None, "?"),
        },
    ),
    "blocks of one of two kinds": (
        "same: [rule.id]",
        {"rule": OneOf([[{"id": "a"}], [{"id": "b"}]], "var.x")},
        {"Rules": ("one of", [{"Id": "a"}], [{"Id": "b"}])},
    ),
    "an element that is one of two": (
        "same: [rule.id]",
        {"rule": [{"id": "a"}, OneOf([{"id": "b"}, {"id": "c"}], "var.x")]},
        {"Rules": [{"Id": "a"}, ("...", ("one of", {"Id": "b"}, {"Id": "c"}))]},
    ),
    "a block that may hold more": (
        "same: [encryption.key]",
        {"encryption": [Record({"key": "k"}, rest=UNKNOWN)]},
        {"Encryption": {"Key": "k", "...": "?"}},
    ),
    "an empty list says that there are none": ("rename: {rule: Rules}", {"rule": []}, {"Rules": []}),
    # forms
    "one value where the schema has a list": ("rename: {arn: Arns}", {"arn": "a"}, {"Arns": ["a"]}),
    "a list of one where the schema has a value": ("rename: {keys: KmsKeyARN}", {"keys": ["a"]}, {"KmsKeyARN": "a"}),
    "no element where the schema has a value": ("rename: {keys: KmsKeyARN}", {"keys": []}, {}),
    "perhaps an element where the schema has a value": (
        "rename: {keys: KmsKeyARN}", {"keys": Items([], UNKNOWN)}, {"KmsKeyARN": ("one of", None, "?")},
    ),
    "tags": ("same: [tags]", {"tags": {"a": "b"}}, {"Tags": [{"Key": "a", "Value": "b"}]}),
    "tags that may go on": (
        "same: [tags]",
        {"tags": Record({"a": UNKNOWN}, rest=UNKNOWN)},
        {"Tags": [{"Key": "a", "Value": "?"}, ("...", "?")]},
    ),
    "blocks of tags": (
        "rename: {tag: Tags}", {"tag": [{"key": "a", "value": "b"}]}, {"Tags": [{"Key": "a", "Value": "b"}]},
    ),
    "a document": ("same: [policy]", {"policy": '{"a": [1]}'}, {"Policy": {"a": [1]}}),
    "text that is no document": ("same: [policy]", {"policy": "{a"}, {"Policy": "{a"}),
    "a document that is known in part": (
        "same: [policy]", {"policy": Document({"a": UNKNOWN})}, {"Policy": {"a": "?"}},
    ),
    "a document where the schema has a string": ("document: [Name]\nsame: [name]", {"name": "[1]"}, {"Name": [1]}),
    # pairs, keyed, decode
    "pairs": (
        "pairs: {protect: {in: Attributes, key: p.on}, drop: {in: Attributes, key: d}}",
        {"protect": True, "drop": 3},
        {"Attributes": [{"Key": "p.on", "Value": "true"}, {"Key": "d", "Value": "3"}]},
    ),
    "an unknown pair": (
        "pairs: {protect: {in: Attributes, key: p}}",
        {"protect": UNKNOWN},
        {"Attributes": [{"Key": "p", "Value": "?"}]},
    ),
    "a pair that may be null": (
        "pairs: {protect: {in: Attributes, key: p}}",
        {"protect": OneOf([None, True], "var.x")},
        {"Attributes": [("...", {"Key": "p", "Value": "true"})]},
    ),
    "keyed blocks": (
        "keyed: {option: {in: Options, key: kind}}",
        {"option": [{"kind": "A", "group": "g"}, {"kind": "B", "on": True}]},
        {"Options": {"A": {"Group": "g"}, "B": {"On": True}}},
    ),
    "keyed values": (
        "keyed: {parameter: {in: Parameters, key: name, value: value}}",
        {"parameter": [{"name": "a", "value": "1"}]},
        {"Parameters": {"a": "1"}},
    ),
    "keyed blocks whose key is not known": (
        "keyed: {option: {in: Options, key: kind}}",
        {"option": [{"kind": "A"}, {"kind": UNKNOWN}]},
        {"Options": {"A": {}, "...": "?"}},
    ),
    "keyed blocks that may go on": (
        "keyed: {option: {in: Options, key: kind}}",
        {"option": Items([], {"kind": "A"})},
        {"Options": {"...": "?"}},
    ),
    "unknown keyed blocks": (
        "keyed: {option: {in: Options, key: kind}}", {"option": UNKNOWN}, {"Options": {"...": "?"}},
    ),
    "a document whose keys are spelled another way": (
        "decode: {definitions: Containers}",
        {"definitions": '[{"name": "n", "ports": [{"hostPort": 1}], "labels": {"hostPort": "x"}, "odd": null}]'},
        {"Containers": [{"Name": "n", "Ports": [{"HostPort": 1}], "Labels": {"hostPort": "x"}}]},
    ),
    "such a document that is known in part": (
        "decode: {definitions: Containers}",
        {"definitions": Document([Record({"name": UNKNOWN}, rest=UNKNOWN)])},
        {"Containers": [{"Name": "?", "...": "?"}]},
    ),
    "such a document of which only some text is known": (
        "decode: {definitions: Containers}", {"definitions": Text(["[", UNKNOWN])}, {"Containers": "?"},
    ),
    # split
    "split": (
        "rename: {rule: Rules}\nsplit: {rule.cidrs: Cidr, rule.prefixes: Id}",
        {"rule": [{"days": 1, "cidrs": ["a", "b"], "prefixes": ["p"]}]},
        {"Rules": [{"Days": 1, "Cidr": "a"}, {"Days": 1, "Cidr": "b"}, {"Days": 1, "Id": "p"}]},
    ),
    "split of an unknown": (
        "rename: {rule: Rules}\nsplit: {rule.cidrs: Cidr}",
        {"rule": [{"days": 1, "cidrs": UNKNOWN}]},
        {"Rules": [("...", {"Days": 1, "Cidr": "?"})]},
    ),
    "split of a list that may go on": (
        "rename: {rule: Rules}\nsplit: {rule.cidrs: Cidr}",
        {"rule": [{"cidrs": Items(["a"], UNKNOWN)}]},
        {"Rules": [{"Cidr": "a"}, ("...", {"Cidr": "?"})]},
    ),
    "split of one of two lists": (
        "rename: {rule: Rules}\nsplit: {rule.cidrs: Cidr}",
        {"rule": [{"cidrs": OneOf([["a"], ["b"]], "var.x")}]},
        {"Rules": [("...", ("one of", {"Cidr": "a"}, {"Cidr": "b"}))]},
    ),
    "split of nothing": (
        "rename: {rule: Rules}\nsplit: {rule.cidrs: Cidr}", {"rule": [{"days": 1}]}, {"Rules": [{"Days": 1}]},
    ),
    # value, constant, default, opaque
    "a word for a word": ('value: {Status: {"true": On, "false": Off}}', {"status": False}, {"Status": "Off"}),
    "a word that has no other": ('value: {Status: {"true": On}}', {"status": "odd"}, {"Status": "odd"}),
    "any other word": ('value: {Status: {a: A, "*": Z}}', {"status": "q"}, {"Status": "Z"}),
    "an unknown word": ('value: {Status: {"true": On}}', {"status": UNKNOWN}, {"Status": "?"}),
    "any word at all": (
        'value: {Status: {"*": Set}}', {"status": Ref("t.b", "id")}, {"Status": "Set"},
    ),
    "of a word known in part, the other is not": (
        "value: {Status: {a: A}}", {"status": Text(["a", UNKNOWN])}, {"Status": "?"},
    ),
    "one of two words": (
        'value: {Status: {"true": On}}', {"status": OneOf([True, None], "x")}, {"Status": ("one of", "On", None)},
    ),
    "constant": ("constant: {Encryption.Key: own}", {}, {"Encryption": {"Key": "own"}}),
    "default": ("default: {count: {value: 0, since: '2026-11'}}", {}, {"Count": 0}),
    "a default is not for what is set": ("default: {count: {value: 0, since: '2026-11'}}", {"count": 1}, {"Count": 1}),
    "a default is for null": ("default: {count: {value: 0, since: '2026-11'}}", {"count": None}, {"Count": 0}),
    "a default may be the unset one of two": (
        "default: {count: {value: 0, since: '2026-11'}}",
        {"count": OneOf([None, 3], "x")},
        {"Count": ("one of", 0, 3)},
    ),
    "a default in a block": (
        "same: [encryption.key]\ndefault: {encryption.enabled: {value: true, since: '2026-11'}}",
        {"encryption": [{"key": "k"}]},
        {"Encryption": {"Key": "k", "Enabled": True}},
    ),
    "a default in a block that is not there": (
        "default: {encryption.enabled: {value: true, since: '2026-11'}}", {}, {},
    ),
    "a default in a block that may hold more": (
        "default: {encryption.enabled: {value: true, since: '2026-11'}}",
        {"encryption": [Record(rest=UNKNOWN)]},
        {"Encryption": {"...": "?"}},
    ),
    "a default of a pair": (
        "pairs: {protect: {in: Attributes, key: p}}\ndefault: {protect: {value: false, since: '2026-11'}}",
        {},
        {"Attributes": [{"Key": "p", "Value": "false"}]},
    ),
    "opaque": ("opaque: [Policy]", {}, {"Policy": "?"}),
    "opaque in every element": (
        "same: [rule.id]\nopaque: [Rules.Filter]", {"rule": [{"id": "a"}]}, {"Rules": [{"Id": "a", "Filter": "?"}]},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_operators(bench: Workbench, showing: Show, name: str) -> None:
    entry, body, expected = CASES[name]
    bench.tables(table(entry))
    assert showing(bench.spell(**body)) == expected


def test_what_a_control_reads_and_no_table_spells_is_unknown(bench: Workbench, showing: Show) -> None:
    reads = {"T::T::Thing": frozenset({"Status", "Encryption.Key", "Policy", "Count"})}
    entry = "same: [encryption.enabled, count]\nwithout: [Policy]"
    bench.tables(table(entry), reads)
    assert showing(bench.spell(encryption=[{"enabled": True}])) == {
        "Encryption": {"Enabled": True, "Key": "?"}, "Status": "?",
    }  # fmt: skip


def test_a_finding_points_at_the_attribute(bench: Workbench) -> None:
    bench.tables(table("rename: {box.size: Outer.Inner.Size, title: Name}\npairs: {on: {in: Attributes, key: on}}"))
    properties = bench.spell(title="t", on=True, box=[Record({"size": 1})])
    assert str(find_mark(properties, ["Name"])) == "main.tf:2:1"
    assert str(find_mark(properties, ["Attributes", "0", "Value"])) == "main.tf:3:1"
    assert str(find_mark(properties, ["Outer", "Inner", "Size"])) == "main.tf:4:1"


def test_a_default_says_that_nobody_wrote_it(bench: Workbench) -> None:
    bench.tables(table("default: {encryption.key: {value: k, since: '2026-11'}}"))
    properties = bench.spell(encryption=[{}])
    assert find_mark(properties, ["Encryption", "Key"]) == ServiceDefault("2026-11")


def test_a_source_value_is_never_changed(bench: Workbench, raws: Callable[..., RawResource]) -> None:
    bench.tables(
        """
        terraform:
          t_thing: {type: T::T::Thing, same: [arns], rename: {options: Options}}
          t_arn: {type: T::T::Thing, merge_into: {by: {thing: Name}, append: Arns}, rename: {arn: ""}}
        types:
          T::T::Thing: {default: {Options.a.On: {value: true, since: "2026-11"}}}
        """
    )
    arns, options = Items(["a"]), Record({"a": Record({"Group": "g"})})

    made = bench.resources(
        raws("t_thing", "a", arns=arns, options=options, name="n"), raws("t_arn", "b", thing="n", arn="b")
    )["t_thing.a"]
    assert made.properties["Arns"] == ["a", "b"]
    assert made.properties["Options"]["a"]["On"] is True
    assert (arns, options) == (["a"], {"a": {"Group": "g"}})
