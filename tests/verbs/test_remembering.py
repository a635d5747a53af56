"""Reviews of code in a ledger: what is new, what is gone, and whose it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from mainstay.catalog import load
from mainstay.evidence import open_ledger
from mainstay.verbs.remembering import remember
from mainstay.verbs.review import review

BUCKET = 'resource "aws_s3_bucket" "{0}" {{\n  bucket = "{0}"\n}}\n'
NOW = datetime(2026, 11, 1, tzinfo=UTC)


def test_two_projects_in_one_ledger_do_not_mend_each_other(tmp_path: Path) -> None:
    controls = [one for one in load().controls if one.id == "s3-keeps-versions"]
    homes = [tmp_path / name / "infra" for name in ("shop", "blog")]
    for home in homes:
        (home.parent / ".git").mkdir(parents=True)
        home.mkdir()
        (home / "main.tf").write_text(BUCKET.format("a"), encoding="utf-8")
    with open_ledger(tmp_path / "ledger.sqlite", write=True) as ledger:
        for days, home in enumerate([*homes, *homes]):
            remember(ledger, review([home], controls), [home], None, NOW + timedelta(days=days))
        assert {one.scope for one in ledger.findings()} == {"shop/infra", "blog/infra"}
        (homes[0] / "main.tf").write_text(BUCKET.format("b"), encoding="utf-8")
        remember(ledger, review([homes[0]], controls), [homes[0]], None, NOW + timedelta(days=9))
        changes = ledger.changes(NOW + timedelta(days=8))
    assert [(one.scope, one.address) for one in changes.new] == [("shop/infra", "aws_s3_bucket.b")]
    assert [(one.scope, one.address) for one in changes.fixed] == [("shop/infra", "aws_s3_bucket.a")]
