"""Whoever changes, removes, moves or adds a row is found out, and the row is named."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, LargeBinary, Table, delete, func, insert, select, text, update
from tests.evidence.account import ACCOUNT, BUCKETS, bucket, day, finding, look
from tests.evidence.conftest import schema_of_its_own

from mainstay.evidence import Ledger, open_ledger
from mainstay.evidence.chain import link
from mainstay.evidence.schema import (
    CHAINED,
    contents,
    coverage,
    findings,
    metadata,
    observations,
    present,
    standing,
    units,
)
from mainstay.model.evidence import Attestation
from mainstay.model.findings import Gap

DERIVED = (standing, present, coverage)


def fill(ledger: Ledger) -> None:
    """At least two rows in every table but the one of prunes, which has one."""
    logs, data = bucket("logs", "platform"), bucket("data")
    look(ledger, day(0), [logs, data], [finding(logs), finding(data)])
    look(ledger, day(1), [bucket("logs", "security"), data], [finding(logs, "pass"), finding(data)])
    pass_ = ledger.begin("live", ACCOUNT, "1.0", day(2))
    for number in range(2):
        ledger.record_unit(pass_, BUCKETS, [logs], [Gap("refused", f"no {number}", None, BUCKETS)], day(2))
        ledger.milestone(f"m{number}", "note", day(2))
    ledger.attest(
        [Attestation(f"OPS0{n}-BP01", "Yes.", "Ada", date(2026, 1, 1), date(2027, 1, 1)) for n in (1, 2)], day(2)
    )
    look(ledger, day(3), [logs, data], [finding(logs), finding(data)])
    look(ledger, day(4), [data], [finding(data)])
    look(ledger, day(5), [logs, data], [finding(logs), finding(data)])
    ledger.prune(day(2), day(5))
    look(ledger, day(6), [logs], [finding(logs)])


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def filled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    if request.param == "sqlite":
        place = str(tmp_path_factory.mktemp("verify") / "ledger.db")
    else:
        place = schema_of_its_own(request.getfixturevalue("server"))
    with open_ledger(place, write=True) as ledger:
        fill(ledger)
        assert ledger.verify() == []
        yield ledger


@pytest.fixture
def tampered(filled: Ledger) -> Iterator[Ledger]:
    """The ledger, put back as it was afterwards."""
    before = rows_of(filled)
    yield filled
    after = rows_of(filled)
    with filled._writing() as connection:
        for table, rows in before.items():
            if after[table] != rows:
                connection.execute(delete(table))
                connection.execute(insert(table), rows)


def rows_of(ledger: Ledger) -> dict[Table, list[dict[str, Any]]]:
    with ledger._reading() as connection:
        tables = {table: connection.execute(select(table)).mappings() for table in metadata.tables.values()}
        return {table: sorted(map(dict, rows), key=repr) for table, rows in tables.items()}


def other(table: Table, name: str, value: Any) -> Any:
    if isinstance(table.c[name].type, LargeBinary):
        return b"x" + value
    if name == "seq":
        return value + 1_000
    if isinstance(value, int):
        return value + 1
    return f"{value}x"


def middle_row(connection: Connection, table: Table) -> Any:
    """The last row but one, so that there is one before and one behind it."""
    query = select(table).order_by(table.c.seq.desc()) if "seq" in table.c else select(table)
    rows = connection.execute(query.limit(2)).mappings().all()
    return rows[-1]


@pytest.mark.parametrize("table", metadata.tables.values(), ids=lambda table: table.name)
def test_a_changed_field_names_its_row(tampered: Ledger, table: Table) -> None:
    rows = rows_of(tampered)[table]
    for column in table.columns:
        see_changed(tampered, table, column.name)
        with tampered._writing() as connection:
            connection.execute(delete(table))
            connection.execute(insert(table), rows)


def see_changed(tampered: Ledger, table: Table, name: str) -> None:
    with tampered._writing() as connection:
        row = middle_row(connection, table)
        key = [column == row[column.name] for column in table.primary_key]
        connection.execute(update(table).where(*key).values({name: other(table, name, row[name])}))
        first = connection.execute(
            select(func.min(observations.c.seq)).where(observations.c.digest == row.get("digest"))
        )
        used = first.scalar()
    flaws = tampered.verify()
    named = {(flaw.kind, flaw.table, flaw.seq) for flaw in flaws}
    if name == "seq" and table in CHAINED:
        assert ("removed", "", row["seq"]) in named
        assert ("reordered", table.name, row["seq"] + 1_000) in named or (
            any(kind == "removed" and seq > row["seq"] for kind, _, seq in named)
        )
    elif table in CHAINED:
        assert ("changed", table.name, row["seq"]) in named
        assert {flaw.seq for flaw in flaws if flaw.kind in ("changed", "reordered", "inserted", "removed")} == {
            row["seq"]
        } or table.name in ("observations", "prunes")
    elif table is contents:
        assert ("content" if name == "body" else "removed", "contents", used) in named
    else:
        assert {(flaw.kind, flaw.table) for flaw in flaws} == {("projection", table.name)}


@pytest.mark.parametrize("table", [*CHAINED, contents, *DERIVED], ids=lambda table: table.name)
def test_a_removed_row_is_named(tampered: Ledger, table: Table) -> None:
    with tampered._writing() as connection:
        row = middle_row(connection, table)
        connection.execute(delete(table).where(*(column == row[column.name] for column in table.primary_key)))
    flaws = tampered.verify()
    if table in CHAINED:
        assert ("removed", "", row["seq"]) in {(flaw.kind, flaw.table, flaw.seq) for flaw in flaws}
        assert not [flaw for flaw in flaws if flaw.kind in ("changed", "reordered")]
    elif table is contents:
        assert [flaw.kind for flaw in flaws] == ["removed"]
    else:
        assert [(flaw.kind, flaw.table, flaw.seq) for flaw in flaws] == [("projection", table.name, row["seq"])]


def exchange(connection: Connection, one: tuple[Table, int], two: tuple[Table, int]) -> None:
    for (table, seq), new in ((one, -1), (two, one[1]), ((one[0], -1), two[1])):
        connection.execute(update(table).where(table.c.seq == seq).values(seq=new))


@pytest.mark.parametrize("table", [table for table in CHAINED if table.name != "prunes"], ids=lambda table: table.name)
def test_two_exchanged_rows_are_named(tampered: Ledger, table: Table) -> None:
    with tampered._writing() as connection:
        last, first = connection.execute(select(table.c.seq).order_by(table.c.seq.desc()).limit(2)).scalars()
        exchange(connection, (table, first), (table, last))
    moved = [flaw for flaw in tampered.verify() if flaw.kind not in ("projection", "content")]
    assert {(flaw.kind, flaw.table, flaw.seq) for flaw in moved} == {
        ("reordered", table.name, first), ("reordered", table.name, last)
    }  # fmt: skip


def test_exchanged_rows_of_two_tables_that_follow_each_other_are_named(tampered: Ledger) -> None:
    with tampered._writing() as connection:
        unit = connection.execute(select(func.max(units.c.seq))).scalar_one()
        judged = connection.execute(select(func.min(findings.c.seq)).where(findings.c.seq > unit)).scalar_one()
        exchange(connection, (units, unit), (findings, judged))
    moved = {(flaw.kind, flaw.table, flaw.seq) for flaw in tampered.verify() if flaw.kind == "reordered"}
    assert moved == {("reordered", "units", judged), ("reordered", "findings", unit)}


@pytest.mark.parametrize("where", ["at the end", "in a pruned run", "at another row's number"])
def test_a_row_that_was_put_in_is_named(tampered: Ledger, where: str) -> None:
    with tampered._writing() as connection:
        row = dict(middle_row(connection, findings))
        top = max(connection.execute(select(func.max(table.c.seq))).scalar() or 0 for table in CHAINED)
        taken = {seq for table in CHAINED for seq in connection.execute(select(table.c.seq)).scalars()}
        numbers = {
            "at the end": top + 1,
            "in a pruned run": min(set(range(1, top)) - taken),
            "at another row's number": connection.execute(select(func.max(units.c.seq))).scalar_one(),
        }
        row["seq"] = numbers[where]
        row["fingerprint"] = "0123456789abcdef"
        connection.execute(insert(findings).values(row))
    named = {(flaw.kind, flaw.table, flaw.seq) for flaw in tampered.verify() if flaw.kind != "projection"}
    kind = "inserted" if where != "at the end" else "changed"
    assert (kind, "findings", row["seq"]) in named


def test_a_cut_off_tail_is_found_by_the_head(tampered: Ledger) -> None:
    head = tampered.head()
    with tampered._writing() as connection:
        seq = max(connection.execute(select(func.max(table.c.seq))).scalar() or 0 for table in CHAINED)
        for table in CHAINED:
            connection.execute(delete(table).where(table.c.seq == seq))
    assert [flaw for flaw in tampered.verify() if flaw.kind != "projection"] == []
    (flaw,) = tampered.verify(head)
    assert (flaw.kind, flaw.seq) == ("removed", seq)


def test_a_head_stays_good_while_the_ledger_grows(ledger: Ledger) -> None:
    heads = [ledger.head()]
    for number in range(3):
        look(ledger, day(number), [bucket(f"b{number}")], [finding(bucket(f"b{number}"))])
        heads.append(ledger.head())
    ledger.prune(day(9), day(9))
    assert [ledger.verify(head) for head in heads] == [[]] * 4
    assert ledger.verify("0123") != []


def test_a_row_whose_hash_was_made_to_fit_breaks_the_next_one(tampered: Ledger) -> None:
    with tampered._writing() as connection:
        row = dict(middle_row(connection, units))
        row["resources"] += 1
        before = {seq: name for table in CHAINED for seq, name in connection.execute(select(table.c.seq, table.c.hash))}
        row["hash"] = link(before[row["seq"] - 1], "units", row)
        connection.execute(update(units).where(units.c.seq == row["seq"]).values(row))
    broken = [flaw for flaw in tampered.verify() if flaw.kind == "changed"]
    assert [flaw.seq for flaw in broken] == [row["seq"] + 1]


def test_derived_tables_are_made_anew(ledger: Ledger) -> None:
    fill(ledger)
    with ledger._writing() as connection:
        connection.execute(update(standing).values(verdict="pass"))
        connection.execute(delete(present))
    assert {flaw.kind for flaw in ledger.verify()} == {"projection"}
    ledger.rebuild()
    assert ledger.verify() == []


def test_a_file_with_a_damaged_page_is_said_to_be_damaged(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with open_ledger(path, write=True) as ledger:
        fill(ledger)
    data = bytearray(path.read_bytes())
    data[4096 * 3 : 4096 * 6] = b"\xff" * (4096 * 3)
    path.write_bytes(data)
    with open_ledger(path, write=False) as ledger:
        assert [flaw.kind for flaw in ledger.verify()] == ["damaged"]


def test_text_that_no_database_takes_is_kept_and_verified(ledger: Ledger) -> None:
    odd = bucket("a\0b\udcff\x1a")
    look(ledger, day(0), [odd], [finding(odd)])
    assert [row.address for row in ledger.findings()] == [odd.address]
    assert [one.address for one in ledger.history(odd.address)] == [odd.address]
    with ledger._reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM findings")).scalar() == 1
    assert ledger.verify() == []
