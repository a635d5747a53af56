"""The Parquet output: typed, whole, the same bytes every time, and what its page says of it."""

from __future__ import annotations

import hashlib
import io
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import pytest

from mainstay.model.decisions import Known, Waiver
from mainstay.model.errors import UsageError
from mainstay.model.findings import Gap, Review, Subject
from mainstay.model.places import Place, Unit
from mainstay.outputs import FORMATS, Style
from mainstay.outputs.parquet import COLUMNS

PAGE = Path(__file__).parents[2] / "docs/reference/formats.md"
DENIED = Gap(
    "denied", "AccessDenied: ec2:DescribeVolumes", unit=Unit("123456789012", "eu-west-1", "AWS::EC2::Volume"),
    call="ec2:DescribeVolumes", permission="ec2:DescribeVolumes", controls=("ebs-volume-is-encrypted",),
)  # fmt: skip
WAIVER = Waiver("moves away", "file", "data-team", date(2027, 5, 1), Place("waivers.yaml", 3, 3))


def bytes_of(review: Review) -> bytes:
    below = io.BytesIO()
    with io.TextIOWrapper(below, encoding="utf-8") as stream:
        FORMATS["parquet"](review, stream, Style())
        return below.getvalue()


@pytest.fixture
def mixed(weak: Review) -> Review:
    """Code and an account, with a waiver, a refused call and a failure that is gone."""
    arn = "arn:aws:rds:eu-west-1:123456789012:db:orders"
    first, second, *rest = weak.findings
    live = Subject("AWS::RDS::DBInstance", arn, "123456789012", "", "live", region="eu-west-1")
    reasons = tuple(replace(reason, mark=None) for reason in first.reasons)
    return replace(
        weak,
        findings=[
            replace(first, subject=live, reasons=reasons),
            replace(second, verdict="waived", waiver=WAIVER, change="new"),
            *rest,
        ],
        gaps=[*weak.gaps, DENIED],
        fixed=[Known("0" * 16, "rds-is-private", "AWS::RDS::DBInstance", "aws_db_instance.old", "infra")],
    )


@pytest.fixture
def query(mixed: Review, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[tuple[object, ...]]]:
    """Asks the file `findings.parquet` of the mixed review."""
    (tmp_path / "findings.parquet").write_bytes(bytes_of(mixed))
    monkeypatch.chdir(tmp_path)

    def query(sql: str) -> list[tuple[object, ...]]:
        with duckdb.connect() as connection:
            return connection.execute(sql).fetchall()

    return query


Query = Callable[[str], list[tuple[object, ...]]]


def test_every_column_has_its_type(query: Query) -> None:
    told = {name: str(kind) for name, kind, *_ in query("DESCRIBE FROM 'findings.parquet'")}
    assert {name: kind.replace('"', "") for name, kind in told.items()} == {
        name: kind.replace('"', "") for name, kind in COLUMNS.items()
    }


def test_a_row_is_a_verdict_a_gap_or_what_is_gone_and_nothing_is_lost(mixed: Review, query: Query) -> None:
    rows = query("SELECT kind, fingerprint FROM 'findings.parquet'")
    assert rows == [
        *(("finding", finding.fingerprint) for finding in mixed.findings),
        *(("gap", gap.fingerprint) for gap in mixed.gaps),
        ("fixed", "0" * 16),
    ]


def test_values_keep_their_types_and_what_is_not_there_is_null(query: Query) -> None:
    rows = query(
        "SELECT account, region, source, file, line, practices, reasons[1].path, reasons[1].line, waiver "
        "FROM 'findings.parquet' WHERE control = 'rds-is-private' AND verdict = 'fail'"
    )
    practices = ["SEC05-BP01", "SEC05-BP02"]
    assert rows == [("123456789012", "eu-west-1", "live", None, None, practices, "PubliclyAccessible", None, None)]
    assert query(
        "SELECT file, line, account, change, waiver.owner, waiver.until, waiver.expired FROM 'findings.parquet' "
        "WHERE verdict = 'waived'"
    ) == [("infra/database.tf", 13, None, "new", "data-team", date(2027, 5, 1), False)]
    assert query("SELECT account, gap.permission, gap.controls FROM 'findings.parquet' WHERE gap.kind = 'denied'") == [
        ("123456789012", "ec2:DescribeVolumes", ["ebs-volume-is-encrypted"])
    ]
    metadata = dict(query("SELECT key, value FROM parquet_kv_metadata('findings.parquet')"))
    assert metadata[b"mainstay.schema"] == b"mainstay/findings/v1"


def test_the_queries_of_the_page_run_and_find_something(query: Query) -> None:
    examples = re.findall(r"^```sql\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert len(examples) == 2
    for example in examples:
        assert "findings.parquet" in example
        assert query(example), example


def test_the_page_tells_every_column() -> None:
    section = PAGE.read_text("utf-8").partition("\n## parquet\n")[2].partition("\n## ")[0]
    assert [name for name in COLUMNS if f"`{name}`" not in section] == []


def test_many_rows_give_the_same_bytes_every_time(weak: Review) -> None:
    many = [
        replace(finding, control=replace(finding.control, id=f"c-{number}"))
        for number in range(100)
        for finding in weak.findings
    ]
    digests = {hashlib.sha256(bytes_of(replace(weak, findings=many))).hexdigest() for _ in range(2)}
    assert len(digests) == 1


def test_an_empty_review_is_a_table_without_rows(tmp_path: Path) -> None:
    (tmp_path / "empty.parquet").write_bytes(bytes_of(Review([], [], [], 0, 0)))
    with duckdb.connect() as connection:
        found = connection.execute(f"SELECT count(*) FROM '{tmp_path / 'empty.parquet'}'").fetchall()
    assert found == [(0,)]


def test_it_is_not_for_a_terminal(weak: Review, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BytesIO())
    monkeypatch.setattr(stream, "isatty", lambda: True)
    with pytest.raises(UsageError, match="name a file by -f parquet=FILE"):
        FORMATS["parquet"](weak, stream, Style())


def test_without_duckdb_it_says_what_to_install(weak: Review, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(UsageError, match=re.escape("pip install 'mainstay[parquet]'")):
        bytes_of(weak)
