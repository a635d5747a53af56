from __future__ import annotations

import json

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from mainstay.documents import MAX_DEPTH, Parsed, decode, read_json, read_yaml, yaml_text
from mainstay.model.places import Place
from mainstay.model.values import Record, Value


def messages(parsed: Parsed) -> list[str]:
    return [str(fault) for fault in parsed.faults]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True), ("False", False), ("null", None), ("~", None), ("", None),
        ("12", 12), ("-7", -7), ("+1", 1), ("1.5", 1.5), (".5", 0.5), ("1e3", 1000.0), ("0", 0), ("0o17", 15),
        ("0x1F", 31), ("-0.0", -0.0),
        ("yes", "yes"), ("on", "on"), ("No", "No"), ("y", "y"), ("2010-09-09", "2010-09-09"), ("0123", "0123"),
        ("-012", "-012"), ("1_000", "1_000"), ("12:30:00", "12:30:00"), (".inf", ".inf"), (".nan", ".nan"),
        ("-", [None]),
        ("1e999", "1e999"), ("1.2.3", "1.2.3"), (".", "."), ("+", "+"), (".e5", ".e5"), ("1e", "1e"),
        ("'12'", "12"), ('"true"', "true"),
        ("9" * 5000, "9" * 5000), ("!!str 12", "12"), ("!!int '12'", 12), ("! 12", "12"), ("٣", "٣"),
        ("|\n  12\n", "12\n"), ("tRUE", "tRUE"), ("10.0.0.0/8", "10.0.0.0/8"),
    ],
)  # fmt: skip
def test_plain_scalars_are_what_yaml_1_2_and_json_say(text: str, value: Value) -> None:
    parsed = read_yaml(text, "f.yaml")
    assert parsed.faults == ()
    assert parsed.value == value
    assert type(parsed.value) is type(value)


def test_keys_and_maps_know_where_they_stand() -> None:
    value = read_yaml("a:\n  bcd: 1\n  'e f':\n    - g: 2\n", "dir/f.yaml").value
    assert value.place == Place("dir/f.yaml", 1, 1)
    assert value["a"].place == Place("dir/f.yaml", 2, 3)
    assert dict(value["a"].marks) == {
        "bcd": Place("dir/f.yaml", 2, 3, 2, 6),
        "e f": Place("dir/f.yaml", 3, 3, 3, 8),
    }
    assert value["a"]["e f"][0].place == Place("dir/f.yaml", 4, 7)


def test_json_and_yaml_readers_agree_on_values_and_places() -> None:
    text = '{"a": [1, 2.5, {"b": "x\\u00e9"}],\n\t"c": {"d": null, "e": {}, "f": []}}'
    by_json = read_json(text, "f")
    by_yaml = read_yaml("---\n" + text.replace("\t", " "), "f")
    assert by_json.value == by_yaml.value == json.loads(text)
    assert by_json.value["c"].marks["e"] == Place("f", 2, 19, 2, 22)
    assert by_yaml.value["c"].marks["e"] == Place("f", 3, 19, 3, 22)


@pytest.mark.parametrize(
    "text", ['{\n\t"a":\t1\n}', '{"a":"\\ud83d\\ude00"}', '{"' + "k" * 2000 + '": 1}', '{"a":"\\/"}', "[\t]"]
)
def test_json_that_yaml_refuses_is_read(text: str) -> None:
    parsed = read_yaml(text, "f.json")
    assert parsed.faults == ()
    assert parsed.value == json.loads(text)


def test_flow_style_yaml_that_is_not_json_is_read_as_yaml() -> None:
    assert read_yaml("{a: 1, b: [x, y], # comment\n}", "f.yaml").value == {"a": 1, "b": ["x", "y"]}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [1\nb: 2\n", "f.yaml:2:2: "),
        ("a: 'x\n", "f.yaml:2:1: "),
        ("a: 1\n b: 2\n", "f.yaml:2:3: "),
        ("a: \x07\n", "f.yaml:1:4: the character '\\x07' cannot stand in YAML"),
        ("{\n  \"a\": 1,,\n}", "f.yaml:2:10: "),
        ("a: &x 1\nb: &x 2\nc: *y\n", "f.yaml:3:4: there is no anchor &y"),
        ("a: &x [*x]\n", "f.yaml:1:8: the alias *x stands inside what it stands for"),
        ("a: 1\nb: 2\na: 3\n", "f.yaml:3:1: the key 'a' stands twice in one map"),
        ('{"a": 1,\n "a": 2}', "f.yaml:2:2: the key 'a' stands twice in one map"),
        ("a: 1\n---\nb: 2\n", "f.yaml:2:1: more than one document"),
        ("? [a, b]\n: 1\n", "f.yaml:1:3: a key has to be a scalar"),
        ("a: !Foo x\n", "f.yaml:1:4: the tag !Foo means nothing here"),
        ("<<: 3\n", "f.yaml:1:1: '<<' merges maps"),
    ],
)  # fmt: skip
def test_every_fault_has_a_message_and_a_place(text: str, message: str) -> None:
    faults = messages(read_yaml(text, "f.yaml"))
    assert len(faults) == 1
    assert faults[0].startswith(message)


@pytest.mark.parametrize(
    "text", ['{"a" 1}', '{"a": 1', "[1 2]", '{"a": 1}}', '["x]', "{1: 2}", "[01]", "[1}", '{"a":}', "[,]", "[1,]"]
)
def test_broken_json_in_a_json_file_is_told_in_terms_of_json(text: str) -> None:
    parsed = read_json(text, "f.json")
    assert not parsed.complete
    assert parsed.faults[0].place is not None
    with pytest.raises(json.JSONDecodeError):
        json.loads(text)


def test_the_last_of_two_equal_keys_wins_and_the_rest_is_kept() -> None:
    parsed = read_yaml("a: 1\nb: 2\na: 3\n", "f.yaml")
    assert parsed.complete
    assert parsed.value == {"a": 3, "b": 2}


def test_merge_keys_bring_what_is_not_there_with_its_own_place() -> None:
    text = "base: &b {x: 1, y: 2}\nmore: &m {y: 3, z: 4}\nuse:\n  <<: [*b, *m]\n  x: 9\nquoted: {'<<': 1}\n"
    parsed = read_yaml(text, "f.yaml")
    assert parsed.faults == ()
    assert parsed.value["use"] == {"x": 9, "y": 2, "z": 4}
    assert parsed.value["use"].marks["z"] == Place("f.yaml", 2, 17, 2, 18)
    assert parsed.value["quoted"] == {"<<": 1}


def test_keys_keep_the_words_they_are_written_in() -> None:
    assert read_yaml("on: 1\n012: 2\ntrue: 3\n1.10: 4\nnull: 5\n", "f").value == {
        "on": 1, "012": 2, "true": 3, "1.10": 4, "null": 5,
    }  # fmt: skip


def test_a_yaml_bomb_is_a_fault_and_not_memory() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 12)]
    parsed = read_yaml("\n".join(lines), "f.yaml")
    assert (parsed.complete, parsed.limited) == (False, True)
    assert "aliases stand for more than" in messages(parsed)[0]


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"a":' * 100_000, "- " * 20_000, "".join(" " * i + "a:\n" for i in range(3000))]
)
def test_deep_nesting_is_a_fault_and_not_an_exhausted_stack(text: str) -> None:
    parsed = read_yaml(text, "f.yaml")
    assert (parsed.complete, parsed.limited) == (False, True)
    assert len(parsed.faults) == 1


def test_nesting_up_to_the_limit_is_read() -> None:
    assert read_yaml("[" * MAX_DEPTH + "]" * MAX_DEPTH, "f").complete
    assert read_yaml("x: " + "[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1), "f").complete


def test_tags_are_read_by_the_one_who_knows_them() -> None:
    def tags(tag: str, value: Value, place: Place) -> Value:
        return Record({tag[1:]: value}, place, {tag[1:]: place})

    value = read_yaml("a: !Ref b\nc: !If [d, !Ref e, {f: !G 1}]\nh: &h !Ref i\nj: *h\n", "f", tags=tags).value
    assert value == {
        "a": {"Ref": "b"},
        "c": {"If": ["d", {"Ref": "e"}, {"f": {"G": "1"}}]},
        "h": {"Ref": "i"},
        "j": {"Ref": "i"},
    }
    assert value["c"]["If"][1].place == Place("f", 2, 12)


def test_all_documents_are_read_where_they_are_asked_for() -> None:
    parsed = read_yaml("a: 1\n---\n[2]\n---\n{}\n", "f", documents=True)
    assert parsed == Parsed([{"a": 1}, [2], {}])


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"a: \xc3\xa9", "a: é"),
        (b"\xef\xbb\xbfa: 1", "a: 1"),
        ("\ufeffa: é".encode("utf-16-le"), "a: é"),
        ("\ufeffa: é".encode("utf-16-be"), "a: é"),
        ("a: é".encode("utf-16-le"), "a: é"),
        ("a: é".encode("utf-16-be"), "a: é"),
        ("\ufeffa: é".encode("utf-32-le"), "a: é"),
        (b"", ""),
    ],
)
def test_encodings_are_told_by_their_first_bytes(data: bytes, text: str) -> None:
    assert decode(data, "f") == (text, None)


def test_bytes_that_are_no_text_are_a_fault_with_a_place() -> None:
    text, fault = decode(b"a: 1\nb: \xff\n", "f.yaml")
    assert text == "a: 1\nb: \ufffd\n"
    assert str(fault) == "f.yaml:2:4: not valid UTF-8 text: invalid start byte"


def test_halves_of_surrogate_pairs_never_come_through() -> None:
    assert read_yaml('["\\ud800x", "\\ud83d\\ude00"]', "f").value == ["\ufffdx", "\U0001f600"]
    parsed = read_yaml("a: 1\nb: \ud800\n", "f")
    assert [str(fault.place) for fault in parsed.faults] == ["f:2:4"]


def test_the_parser_in_python_gives_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "a: &x {b: [1, 'c', \"d\", ~]}\ne: |\n  f\n  g\nh: *x\ni: !T j\nk:\n- l: m\n  n: 1.5\n- [o]\na: 2\n"

    def tags(tag: str, value: Value, place: Place) -> Value:
        return [tag, value, place]

    fast = read_yaml(text, "f", tags=tags)
    monkeypatch.setattr(yaml_text, "Parser", yaml_text.PurePythonParser)
    slow = read_yaml(text, "f", tags=tags)
    assert fast == slow
    assert fast.value["k"][0].marks["n"] == slow.value["k"][0].marks["n"] == Place("f", 9, 3, 9, 4)
    for broken in ("a: [1\nb: 2\n", "a: \x07\n", "[" * 500):
        assert not read_yaml(broken, "f").complete


KEYS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=8)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | KEYS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)


@given(JSON)
def test_any_json_value_survives_its_text(inner: Value) -> None:
    value = [inner]
    for text in (json.dumps(value), json.dumps(value, indent="\t", ensure_ascii=False)):
        parsed = read_yaml(text, "f.json")
        assert parsed.faults == ()
        assert parsed.value == value


WORDS = st.from_regex(r"[a-z]{2}[a-z0-9 ]{0,5}[a-z]", fullmatch=True).filter(
    lambda word: word.lower() not in ("yes", "no", "on", "off", "true", "false", "null")
)
PLAIN = st.recursive(
    st.booleans() | st.integers(-999, 999) | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=20,
)


@given(PLAIN, st.booleans())
def test_plain_yaml_reads_as_with_the_yaml_library(value: Value, flow: bool) -> None:
    text = yaml.safe_dump(value, default_flow_style=flow)
    assert read_yaml(text, "f").value == yaml.safe_load(text) == value


SEED = b'a: &x !Ref b\nc: [1, *x, {d: "e"}]\n<<: *x\n? k\n: |\n  text\n---\n{"f": [null, 1e3]}\n'


@settings(max_examples=300)
@given(st.binary(max_size=60), st.integers(0, len(SEED)), st.integers(0, 12), st.booleans())
def test_no_bytes_make_a_reader_raise(noise: bytes, at: int, cut: int, alone: bool) -> None:
    data = noise if alone else SEED[:at] + noise + SEED[at + cut :]
    text, _ = decode(data, "f")
    for parsed in (read_yaml(text, "f"), read_json(text, "f"), read_yaml(text, "f", documents=True)):
        assert parsed.complete or parsed.faults
        assert all(fault.place is not None for fault in parsed.faults)
