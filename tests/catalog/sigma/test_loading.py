"""Folders of rules become rules that judge, others, and located faults."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from mainstay.analysis.meaning import Meaning
from mainstay.catalog.sigma import PACK, Rules, load_rules, read_rules
from mainstay.catalog.sigma import extension as extension_module
from mainstay.documents import read_yaml
from mainstay.engine import compile
from mainstay.model.detections import Correlation, Detection, Distinct, FirstSeen, Travel, Volume
from mainstay.model.events import Event

LOGIN = """
title: A login fails
id: 7b2c2a34-0000-4000-8000-000000000001
name: login-fails
author: [one, two]
level: low
tags: [attack.initial-access, attack.t1078.004]
logsource: {product: aws, service: cloudtrail}
detection:
  login: {eventName: ConsoleLogin}
  failed: {responseElements.ConsoleLogin: Failure}
  condition: login and failed
"""
MANY = """
title: Many logins fail
correlation:
  type: event_count
  rules: [login-fails]
  group-by: [sourceIPAddress]
  timespan: 10m
  condition: {gte: 10}
"""
FAILED = {"eventName": "ConsoleLogin", "responseElements": {"ConsoleLogin": "Failure"}, "userAgent": "x"}


def load(folder: Path, *files: str, lists: dict[str, list[str]] | None = None) -> Rules:
    for number, text in enumerate(files):
        (folder / f"rule{number}.yml").write_text(text, encoding="utf-8")
    return load_rules([folder], lists or {}, builtin=False)


def only(rules: Rules) -> Detection:
    (rule,) = rules.rules
    assert isinstance(rule, Detection)
    assert not rules.faults
    return rule


def changed(text: str, *changes: tuple[str, str]) -> str:
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return text


def test_a_rule_tells_who_wrote_it_and_what_it_means(tmp_path: Path) -> None:
    rule = only(load(tmp_path, LOGIN))
    assert (rule.about.id, rule.about.author, rule.about.severity) == ("login-fails", "one, two", "low")
    assert rule.about.attack == ("T1078.004",)
    assert (rule.source, rule.quiet, rule.needs) == ("cloudtrail", False, ())
    assert str(rule.about.place) == f"{tmp_path / 'rule0.yml'}:2:1"


def test_a_correlation_comes_after_what_it_refers_to_and_silences_it(tmp_path: Path) -> None:
    chain = changed(MANY, ("Many", "Very many"), ("[login-fails]", "[many]"), ("title", "level: critical\ntitle"))
    rules = load(tmp_path, chain, changed(MANY, ("title", "name: many\ntitle")), LOGIN)
    _, many, very = rules.rules
    assert isinstance(many, Correlation)
    assert isinstance(very, Correlation)
    assert (many.rules, very.rules) == (("login-fails",), ("many",))
    assert [rule.quiet for rule in rules.rules] == [True, True, False]
    assert (many.about.severity, very.about.severity) == ("low", "critical")  # without a level, that of the rules
    assert (many.timespan_us, many.condition) == (600_000_000, (("gte", 10),))
    assert rules.counts == {
        "files": 3, "no rules": 0, "detections": 1, "correlations": 2, "filters": 0, "others": 0, "faults": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("correlation", "rule"),
    [(changed(MANY, ("title", "generate: true\ntitle")), LOGIN), (MANY, LOGIN + "mainstay: {quiet: false}")],
)
def test_what_is_referred_to_speaks_where_one_of_them_says_so(tmp_path: Path, correlation: str, rule: str) -> None:
    assert not any(each.quiet for each in load(tmp_path, correlation, rule).rules)


def test_aliases_name_rules_by_their_ids(tmp_path: Path) -> None:
    aliased = changed(
        MANY,
        ("[login-fails]", "[7B2C2A34-0000-4000-8000-000000000001]"),
        ("[sourceIPAddress]", "[who]"),
        ("  timespan", "  aliases: {who: {login-fails: userIdentity.arn}}\n  timespan"),
    )
    (_, many) = load(tmp_path, LOGIN, aliased).rules
    assert isinstance(many, Correlation)
    assert many.aliases == {"who": {"login-fails": "userIdentity.arn"}}


def test_rules_of_one_name_are_told_apart(tmp_path: Path) -> None:
    second = changed(LOGIN, ("000000000001", "000000000002"), ("7b2c2a34", "9d000000"))
    third = changed(LOGIN, ("id: 7b2c2a34-0000-4000-8000-000000000001\n", ""))
    ids = [rule.about.id for rule in load(tmp_path, LOGIN, second, third).rules]
    assert ids == ["login-fails", "login-fails-9d000000", "login-fails-2"]
    again = load(tmp_path, LOGIN, LOGIN, third)
    assert [fault.message for fault in again.faults] == ["the id '7b2c2a34-0000-4000-8000-000000000001' is taken"]


def test_rules_for_other_logs_are_listed_with_the_reason(tmp_path: Path) -> None:
    windows = changed(LOGIN, ("{product: aws, service: cloudtrail}", "{product: windows, service: security}"))
    rules = load(tmp_path, windows, MANY)
    assert not rules.rules
    assert [other.reason for other in rules.others] == [
        "mainstay reads no logs of product windows, service security",
        "it refers to 'login-fails': mainstay reads no logs of product windows, service security",
    ]
    near = load(tmp_path, changed(LOGIN, ("service: cloudtrail", "service: cloudtrial")))
    assert near.others[0].reason == "there is no service 'cloudtrial' of aws: did you mean 'cloudtrail'?"


def test_a_generic_category_is_answered_in_the_names_of_the_log(tmp_path: Path) -> None:
    name = changed(
        LOGIN,
        ("{product: aws, service: cloudtrail}", "{category: dns}"),
        ("login: {eventName: ConsoleLogin}", "login: {query|endswith: .example.com}"),
        ("failed: {responseElements.ConsoleLogin: Failure}", "failed: {record_type: TXT}"),
    )
    rules = load(tmp_path, name, changed(MANY, ("[sourceIPAddress]", "[query]")))
    rule, many = rules.rules
    assert isinstance(rule, Detection)
    judge = compile(rule.condition)
    assert judge({"query_name": "x.example.com.", "query_type": "TXT"}) is True
    assert judge({"query_name": "x.example.com", "query_type": "A"}) is False
    assert isinstance(many, Correlation)
    assert many.aliases == {"query": {"login-fails": "query_name"}}
    unknown = load(tmp_path, changed(name, ("record_type", "answer")))
    assert unknown.others[0].reason == "the logs of resolver have nothing for the field 'answer'"
    page = changed(
        name,
        ("category: dns", "category: webserver"),
        ("query|endswith", "cs-uri-query|endswith"),
        ("record_type", "cs-method"),
    )
    assert load(tmp_path, page).others[0].reason.startswith("the logs of alb can't answer 'endswith'")


@pytest.mark.parametrize(
    ("entry", "lists", "subject", "answer"),
    [
        ("userAgent|expand: '%tools%'", {"tools": ["curl*", "x"]}, "curl/8", True),
        ("userAgent|expand: '%tools%'", {"tools": ["curl*"]}, "wget", False),
        ("userAgent|expand: '%tools%'", {"tools": []}, "curl", False),
        ("userAgent|expand: '%tools%'", {}, "curl", None),
        ("userAgent|expand: '%tools%'", {}, None, False),
        ("userAgent|expand: ['%tools%', '%tools%y']", {"tools": ["x"]}, "xy", True),
        ("userAgent|expand|neq: '%tools%'", {"tools": []}, "curl", True),
        ("userAgent|contains|expand: '/%a%/%b%/'", {"a": ["1", "2"], "b": ["3"]}, "x/2/3/y", True),
        (r"userAgent|expand: '\%a%b%'", {"b": ["3"]}, "%a3", True),
        ("userAgent|contains|all|expand: ['%a%', '%b%']", {"a": ["1", "2"], "b": ["3"]}, "32", True),
        ("userAgent|contains|all|expand: ['%a%', '%b%']", {"a": ["1"], "b": []}, "1", False),
        ("sourceIPAddress|cidr|expand: '%own_networks%'", {"own_networks": ["203.0.113.0/24"]}, "203.0.113.9", True),
        ("sourceIPAddress|cidr|expand: '%own_networks%'", {}, "203.0.113.9", False),
    ],
)
def test_placeholders_are_filled_in_from_lists(
    tmp_path: Path, entry: str, lists: dict[str, list[str]], subject: str | None, answer: bool | None
) -> None:
    text = changed(
        LOGIN, ("{eventName: ConsoleLogin}", f"\n    {entry}"), ("condition: login and failed", "condition: login")
    )
    rule = only(load(tmp_path, text, lists=lists))
    fields = {} if subject is None else {entry.partition("|")[0]: subject}
    assert compile(rule.condition)(fields) is answer
    missing = "%tools%" in entry and "tools" not in lists
    assert rule.needs == (("tools",) if missing else ())


def test_a_filter_that_names_nobody_is_a_fault_and_one_of_other_logs_leaves_the_rule_alone(tmp_path: Path) -> None:
    narrowing = """
title: Not our scanner
logsource: {product: aws, service: cloudtrail}
filter:
  rules: [login-fails]
  ours: {userAgent: scanner}
  condition: not ours
"""
    rule = only(load(tmp_path, LOGIN, narrowing))
    assert compile(rule.condition)(FAILED) is True
    assert compile(rule.condition)({**FAILED, "userAgent": "scanner"}) is False
    rules = load(tmp_path, LOGIN, changed(narrowing, ("cloudtrail", "alb")))
    assert compile(rules.rules[0].condition)({**FAILED, "userAgent": "scanner"}) is True  # type: ignore[union-attr]
    (fault,) = rules.faults
    assert fault.message == "the filter names 'login-fails', and there is no such rule of its logsource"
    (tmp_path / "rule1.yml").write_text(changed(narrowing, ("[login-fails]", "[login-fail]")), encoding="utf-8")
    (fault,) = load_rules([tmp_path], {}, builtin=False).faults
    assert fault.hint == "did you mean 'login-fails'?"


def test_old_files_share_and_repeat_parts(tmp_path: Path) -> None:
    shared = """
action: global
title: Shared
logsource: {product: aws, service: cloudtrail}
detection: {condition: sel}
---
detection: {sel: {eventName: A}}
---
action: repeat
detection: {sel: {eventName: B}}
---
action: reset
---
title: Alone
logsource: {product: aws, service: cloudtrail}
detection: {sel: {eventName: C}, condition: sel}
"""
    rules = load(tmp_path, shared)
    assert not rules.faults
    assert [rule.about.title for rule in rules.rules] == ["Shared", "Shared", "Alone"]
    for rule, name in zip(rules.rules, "ABC", strict=True):
        assert isinstance(rule, Detection)
        assert compile(rule.condition)({"eventName": name}) is True


FAULTS = [
    ("level: low", "level: lwo", "6:1: there is no level 'lwo' (did you mean 'low'?)"),
    ("title: A login fails", "description: x", "2:1: the rule lacks the key 'title'"),
    ("detection:", "detections:", "2:1: the rule lacks the key 'detection'"),
    ("  condition: login", "  timeframe: 5m\n  condition: login", "12:3: 'timeframe' is no part of Sigma any more"),
    ("login and failed", "login | count() by x > 5", "12:3: aggregations after | are no part of Sigma any more"),
    ("eventName:", "eventName|starswith:", "10:11: there is no modifier 'starswith' (did you mean 'startswith'?)"),
    ("eventName: ConsoleLogin", "derived.entropy: 3", "9:1: events of cloudtrail have no derived fact 'entropy'"),
    ("eventName: ConsoleLogin", "derived.acto: x", "9:1: events have no derived fact 'acto' (did you mean 'actor'?)"),
    ("level: low", "mainstay: {practices: [SEC99-BP01]}", "6:1: there is no practice 'SEC99-BP01'"),
    ("level: low", "mainstay: {practice: x}", "6:12: 'mainstay' has no key 'practice' (did you mean 'practices'?)"),
    ("level: low", "mainstay: {state: {first_sen: {}}}", "6:20: there is no state 'first_sen' (did you mean"),
    ("level: low", "mainstay: {state: {travel: {by: x, farther_km: -1}}}", "6:36: 'farther_km' has to be a number"),
    ("level: low", "taxonomy: ecs", "6:1: the taxonomy 'ecs' is not known"),
    ("level: low", "level: low\nlevel: high", "7:1: the key 'level' stands twice in one map"),
]


@pytest.mark.parametrize(("old", "new", "fault"), FAULTS)
def test_a_wrong_rule_is_a_located_fault_and_the_rest_loads(tmp_path: Path, old: str, new: str, fault: str) -> None:
    good = changed(LOGIN, ("login-fails", "other"), ("000000000001", "000000000003"))
    rules = load(tmp_path, changed(LOGIN, (old, new)), good)
    assert [rule.about.id for rule in rules.rules] == ["other"]
    assert str(rules.faults[0]).startswith(f"{tmp_path / 'rule0.yml'}:{fault}")


CORRELATION_FAULTS = [
    ("[login-fails]", "[login-fail]", "there is no rule 'login-fail' (did you mean 'login-fails'?)"),
    ("event_count", "event_cont", "there is no correlation type 'event_cont' (did you mean 'event_count'?)"),
    ("10m", "10 minutes", "'timespan' has to be a time such as"),
    ("{gte: 10}", "{gte: many}", "'gte' compares with a number"),
    ("{gte: 10}", "{field: x}", "'condition' compares with nothing"),
    ("{gte: 10}", "{gte: 1, field: x}", "'event_count' counts events and has no field"),
    ("event_count", "value_count", "'value_count' needs one 'field'"),
    ("{gte: 10}", "login-fails and not x", "'condition' has to be a map"),
    ("title: Many", "mainstay: {percentile: 9}\ntitle: Many", "'event_count' has no percentile"),
    ("[sourceIPAddress]", "[derived.nothing]", "events have no derived fact 'nothing'"),
]


@pytest.mark.parametrize(("old", "new", "fault"), CORRELATION_FAULTS)
def test_a_wrong_correlation_is_a_located_fault(tmp_path: Path, old: str, new: str, fault: str) -> None:
    rules = load(tmp_path, LOGIN, changed(MANY, (old, new)))
    assert all(each.place and each.place.file.endswith("rule1.yml") for each in rules.faults)
    assert str(rules.faults[0]).split(": ", 1)[1].startswith(fault)
    assert [rule.about.id for rule in rules.rules] == ["login-fails"]


def test_a_correlation_of_itself_is_a_fault(tmp_path: Path) -> None:
    rules = load(tmp_path, changed(MANY, ("title", "name: many\ntitle"), ("[login-fails]", "[many]")))
    assert [fault.message for fault in rules.faults] == ["the correlation refers to itself"]


STATES = [
    ("first_seen: {of: [derived.network], by: userIdentity.arn, learn: 7d, forget: 90d}", FirstSeen),
    ("distinct: {of: [eventName], by: [userIdentity.arn], within: 10m, at_least: 15}", Distinct),
    ("volume: {of: derived.bytes, by: [userIdentity.arn], within: 1h, times: 10, at_least: 5, learn: 3d}", Volume),
    ("volume: {by: [userIdentity.arn], within: 1h, times: 1.5, at_least: 5, learn: 3d, new: true}", Volume),
    ("travel: {by: [userIdentity.arn], faster_kmh: 900, farther_km: 500}", Travel),
    ("travel: {by: []}", None),
    ("travel: {faster_kmh: 900}", None),
    ("distinct: {of: [eventName], by: [userIdentity.arn], within: 0m, at_least: 15}", None),
    ("distinct: {of: [eventName], by: [userIdentity.arn], within: 10 m, at_least: 15}", None),
    ("distinct: {of: [eventName], by: [userIdentity.arn], within: 10m, at_least: many}", None),
    ("first_seen: {of: [eventName], by: [userIdentity.arn], learn: 7d}", None),
    ("first_seen: 7d", None),
    ("volume: {by: [userIdentity.arn], within: 1h, times: 0, at_least: 5, learn: 3d}", None),
    ("volume: {of: [a, b], by: [userIdentity.arn], within: 1h, times: 1, at_least: 5, learn: 3d}", None),
]


@pytest.mark.parametrize(("state", "kind"), STATES)
def test_the_reader_and_the_schema_of_the_extension_agree(tmp_path: Path, state: str, kind: type | None) -> None:
    extension = f"{{state: {{{state}}}}}"
    rules = load(tmp_path, LOGIN + f"mainstay: {extension}\n")
    schema = json.loads(Path(extension_module.__file__).with_name("extension.schema.json").read_text("utf-8"))
    valid = jsonschema.Draft202012Validator(schema).is_valid(read_yaml(extension, "x").value)
    assert valid is (kind is not None)
    if kind is None:
        assert rules.faults
    else:
        assert isinstance(only(rules).state, kind)


def test_files_that_are_no_rules_are_counted_and_hidden_ones_left_out(tmp_path: Path) -> None:
    (tmp_path / ".github").mkdir()
    (tmp_path / ".github" / "rule.yml").write_text(LOGIN, encoding="utf-8")
    rules = load(tmp_path, "settings: {a: 1}", "")
    assert rules.counts["no rules"] == rules.counts["files"] == 2
    assert not rules.faults


def test_broken_text_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "latin.yml").write_bytes(LOGIN.encode() + b"# \xe9\n")
    rules = load(tmp_path, "title: [")
    assert sorted(fault.message.split(":")[0] for fault in rules.faults)[-1].startswith("while parsing")
    assert "not valid UTF-8 text" in {fault.message.split(":")[0] for fault in rules.faults}


def test_the_pack_is_whole() -> None:
    rules = read_rules([], check=True)
    assert not rules.others
    assert rules.counts["files"] == len(list(PACK.rglob("*.yml")))


def test_a_text_is_found_in_a_whole_object(tmp_path: Path) -> None:
    (tmp_path / "rule.yml").write_text(
        """
title: Versioning is suspended
logsource: {product: aws, service: cloudtrail}
detection:
  call: {eventName: PutBucketVersioning, requestParameters|contains: Suspended}
  condition: call
"""
    )
    (rule,) = load_rules([tmp_path], {}, builtin=False).rules
    assert isinstance(rule, Detection)

    def fires(parameters: object) -> bool:
        fields = {"eventName": "PutBucketVersioning", "requestParameters": parameters}
        event = Event("cloudtrail", 0, "e", fields, "f", 1)
        event.fields["derived"] = Meaning({}).of(event)
        return compile(rule.condition)(event.fields) is True

    assert fires({"VersioningConfiguration": {"Status": "Suspended"}, "bucketName": "orders"})
    assert not fires({"VersioningConfiguration": {"Status": "Enabled"}, "bucketName": "orders"})
    assert fires("...Suspended...")
