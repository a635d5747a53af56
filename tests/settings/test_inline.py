"""Ignores in the code: ours, and those of other scanners in the forms that they document."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.settings.inline import Notes, read_notes

IDS = {"s3-keeps-versions", "s3-logs-access"}


def notes(text: str, file: str = "main.tf") -> Notes:
    return read_notes(text, file, IDS)


def bucket(*lines: str, above: str = "", behind: str = "") -> str:
    body = "".join(f"  {line}\n" for line in lines)
    return f'{above}resource "aws_s3_bucket" "b" {{{behind}\n{body}}}\n'


OURS = "mainstay:ignore[s3-keeps-versions] rebuilt every night until=2027-01-31 owner=data"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (bucket(above=f"# {OURS}\n"), 2),
        (bucket(above=f"// {OURS}\n# another comment\n"), 3),
        (bucket(above=f"/* {OURS} */\n"), 2),
        (bucket(above=f"/*\n * {OURS}\n */\n"), 4),
        (bucket(behind=f" # {OURS}"), 1),
        (bucket(f"# {OURS}", 'bucket = "b"'), 1),
        (bucket("tags = {", f"  a = 1 # {OURS}", "}"), 1),
    ],
)
def test_ours_is_for_the_block_that_it_stands_in_or_above(text: str, line: int) -> None:
    found = notes(text)
    assert not found.faults
    [ignore] = found.ignores
    assert (ignore.ids, ignore.reach, ignore.line, ignore.column) == (("s3-keeps-versions",), "block", line, 1)
    waiver = ignore.waiver
    assert (waiver.reason, waiver.owner, waiver.until) == ("rebuilt every night", "data", date(2027, 1, 31))
    assert waiver.source == "inline"


def test_several_ids_share_one_reason_and_an_owner_may_have_spaces() -> None:
    found = notes(bucket('# mainstay:ignore[s3-keeps-versions, s3-logs-access]: owner="data team" scratch')).ignores
    assert [ignore.ids for ignore in found] == [("s3-keeps-versions",), ("s3-logs-access",)]
    assert {(ignore.waiver.reason, ignore.waiver.owner) for ignore in found} == {("scratch", "data team")}


@pytest.mark.parametrize(
    ("comment", "message"),
    [
        ("mainstay:ignore", "an ignore names the controls that it is for; nothing is waived"),
        ("mainstay:ignore[] reason", "an ignore names the controls that it is for; nothing is waived"),
        ("mainstay:ignroe[s3-keeps-versions] reason", "an ignore names the controls that it is for; nothing is waived"),
        ("mainstay:ignore[s3-keeps-versions] until=2027-01-31", "an ignore says why; nothing is waived"),
        ("mainstay:ignore[s3-keeps-versions] x until=2027-02-30", "'2027-02-30' is no day; nothing is waived"),
        ("mainstay:ignore[s3-keep-versions] reason", "there is no control 's3-keep-versions'"),
    ],
)
def test_what_is_not_whole_waives_nothing_and_says_so(comment: str, message: str) -> None:
    found = notes(bucket(f"# {comment}"))
    assert found.ignores == []
    assert [fault.message for fault in found.faults] == [message]
    assert str(found.faults[0].place) == "main.tf:2:3"


def test_a_comment_that_is_above_nothing_says_so() -> None:
    [fault] = notes(f"# {OURS}\n\n{bucket()}").faults
    assert fault.message == "no block and no resource stands here or below; nothing is waived"


def test_text_in_strings_is_no_ignore() -> None:
    found = notes(bucket(f'a = "# {OURS}"', 'b = "#checkov:skip=CKV_AWS_18"', "c = <<EOF", f"# {OURS}", "EOF"))
    assert (found.ignores, found.faults) == ([], [])


# -- other scanners


def test_checkov_is_honoured_inside_a_block() -> None:
    text = bucket(
        '#checkov:skip=CKV_AWS_18:"a log bucket"',
        "# checkov:skip=CKV_AWS_21, CKV_AWS_144",
        above="#checkov:skip=CKV_1\n",
    )
    found = [(ignore.ids, ignore.waiver.reason, ignore.waiver.source) for ignore in notes(text).ignores]
    assert found == [(("CKV_AWS_18",), "a log bucket", "checkov"), (("CKV_AWS_21", "CKV_AWS_144"), "", "checkov")]


def test_trivy_is_honoured_above_a_block_several_in_a_row_with_expiry() -> None:
    text = bucket(above="#trivy:ignore:AVD-AWS-0089 trivy:ignore:aws-0090:exp:2027-01-31 # a log bucket\n")
    found = [(ignore.ids, ignore.waiver.until, ignore.reach, ignore.line) for ignore in notes(text).ignores]
    assert found == [
        (("AVD-AWS-0089",), None, "block", 2),
        (("AVD-AWS-0090",), date(2027, 1, 31), "block", 2),
    ]
    assert notes(text).ignores[0].waiver.reason == "a log bucket"


def test_trivy_inside_a_block_is_for_the_lines_that_it_speaks_of() -> None:
    text = bucket("# trivy:ignore:AVD-AWS-0107", "ingress {", "  a = 1", "}", "b = 2 # tfsec:ignore:AVD-AWS-0104")
    assert [(ignore.reach, ignore.line, ignore.last) for ignore in notes(text).ignores] == [
        ("lines", 3, 5),
        ("lines", 6, 6),
    ]


@pytest.mark.parametrize(
    "id",
    [
        "aws-s3-enable-bucket-logging",
        "*",
        "AVD-AWS-0107[from_port=22]",
        "AVD-AWS-0107:ws:dev",
        "AVD-AWS-0107:exp:x",
    ],
)
def test_what_would_reach_too_far_or_has_no_known_id_is_not_understood(id: str) -> None:
    found = notes(bucket(f"#tfsec:ignore:{id}"))
    assert found.ignores == []
    assert [(source, name) for source, name, _ in found.not_understood] == [("trivy", id)]


def test_kics_is_honoured_by_line_by_block_and_by_file() -> None:
    text = "# header\n\n# kics-scan disable=AB-1,cd-2\n# kics-scan ignore-block\n" + bucket(
        "# kics-scan ignore-line", "acl = 1", "# kics-scan ignore-block", "tags = {", "}", "# kics-scan ignore"
    )
    assert [(ignore.ids, ignore.reach, ignore.line, ignore.last) for ignore in notes(text).ignores] == [
        (("AB-1", "cd-2"), "file", 0, 0),
        ((), "block", 5, 12),
        ((), "lines", 7, 7),
        ((), "lines", 9, 10),
    ]


# -- templates

TEMPLATE = """\
Resources:
  A:
    Type: AWS::S3::Bucket # mainstay:ignore[s3-logs-access] behind a property
    Metadata:
      mainstay:
        ignore:
          - {id: s3-keeps-versions, reason: scratch, until: 2027-01-31, owner: data}
          - {id: s3-keep-versions, reason: typo}
          - {id: s3-logs-access}
      checkov: {skip: [{id: CKV_AWS_18, comment: a log bucket}]}
      cfn_nag: {rules_to_suppress: [{id: W35, reason: a log bucket}]}
    # mainstay:ignore[s3-logs-access] at the end of A
  # mainstay:ignore[s3-logs-access] above B
  B: {Type: AWS::S3::Bucket}
"""


def test_templates_are_read_by_comment_and_by_metadata() -> None:
    found = notes(TEMPLATE, "t.yaml")
    assert [(ignore.ids[0], ignore.line, ignore.column, ignore.waiver.reason) for ignore in found.ignores] == [
        ("s3-keeps-versions", 2, 3, "scratch"),
        ("CKV_AWS_18", 2, 3, "a log bucket"),
        ("s3-logs-access", 2, 3, "behind a property"),
        ("s3-logs-access", 2, 3, "at the end of A"),
        ("s3-logs-access", 14, 3, "above B"),
    ]
    assert [fault.message for fault in found.faults] == [
        "there is no control 's3-keep-versions'",
        "an ignore says why; nothing is waived",
    ]
    assert [(source, id) for source, id, _ in found.not_understood] == [("cfn-nag", "W35")]


def test_json_templates_are_read_by_metadata_to_the_column() -> None:
    text = (
        '{"Resources": {"A": {"Type": "X"}, "B": {"Type": "X", "Metadata": {"mainstay": {"ignore": '
        '[{"id": "s3-logs-access", "reason": "a log bucket"}]}}}}}'
    )
    [ignore] = notes(text, "t.json").ignores
    assert (ignore.line, ignore.column, ignore.last) == (1, text.index('"B"') + 1, 0)


WORDS = st.lists(
    st.sampled_from(
        ["# ", "//", "mainstay:", "ignore", "[", "]", "s3-logs-access", " until=", "2027-01-31", " owner=", '"', "\n",
         "checkov:skip=", "trivy:ignore:", "tfsec:ignore:", "AVD-AWS-0089", ":exp:", "kics-scan ", "ignore-block",
         "disable=", "resource ", "{", "}", "Resources:\n", "  A:\n", "    Metadata: ", "mainstay: {ignore: ["]
    )
    | st.characters(),
    max_size=40,
).map("".join)  # fmt: skip


@given(WORDS, st.sampled_from(["main.tf", "t.yaml", "t.json"]))
def test_any_text_gives_notes(text: str, file: str) -> None:
    for ignore in notes(text, file).ignores:
        assert ignore.ids or ignore.waiver.source == "kics"
