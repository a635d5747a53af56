"""`show findings`: what stands, or stood at a moment, listed, counted, or as a review in one of its formats."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Literal

from mainstay.catalog import Catalog, load_practices
from mainstay.documents import did_you_mean
from mainstay.model.conditions import All
from mainstay.model.controls import SEVERITIES, Control, Severity
from mainstay.model.errors import UsageError
from mainstay.model.findings import Finding, Gap, Reason, Review, Verdict
from mainstay.model.places import ServiceDefault
from mainstay.outputs.paint import Line, Tone, shorten
from mainstay.outputs.tables import Column, Page, Table, minute
from mainstay.outputs.wording import count, sentence, waived
from mainstay.verbs.answering import latest
from mainstay.verbs.showing import FAILING, RANKS, CatalogOf, iso, severity_tone, told

if TYPE_CHECKING:
    from mainstay.evidence import Ledger, Query
    from mainstay.evidence.answers import By, Moment, Standing

Group = Literal["owner", "control", "practice", "account", "region", "type"]

Asked = Verdict | Literal["gone"]

VERDICTS: Final[frozenset[Asked]] = frozenset({"pass", "fail", "unknown", "not_applicable", "waived", "gone"})
LONGEST = 120
REASONS_SHOWN: Final = 3
NOBODY: Final = "(nobody)"

_COLUMNS: Final[Mapping[Group, By]] = {
    "owner": "owner", "control": "control", "practice": "control", "account": "scope", "region": "region",
    "type": "type",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Filters:
    """Which findings are asked for; an empty choice is all. An empty text among `owners` is nobody."""

    verdicts: frozenset[Asked] = FAILING
    severity: str | None = None
    controls: tuple[str, ...] = ()
    practices: tuple[str, ...] = ()
    pillars: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    address: str = ""


def query_of(filters: Filters, ledger: Ledger, catalog: CatalogOf, limit: int | None = None) -> Query:
    """What the ledger is asked. Raises UsageError for a name that neither it nor the catalogue knows.

    The catalogue is read only where practices or pillars are asked for, or a control that the ledger does not know.
    """
    from mainstay.evidence import Query

    severities = SEVERITIES[RANKS[filters.severity] :] if filters.severity else ()
    return Query(
        verdicts=filters.verdicts,
        severities=frozenset(severities),
        controls=_controls(filters, ledger, catalog),
        scopes=_known(ledger, "scope", "account", filters.accounts),
        regions=_known(ledger, "region", "region", filters.regions),
        types=_known(ledger, "type", "type", filters.types),
        owners=_known(ledger, "owner", "owner", filters.owners),
        address=filters.address,
        limit=limit,
    )


def _known(ledger: Ledger, column: By, noun: str, asked: tuple[str, ...]) -> frozenset[str]:
    """A typing error must not look like a clean account."""
    if not asked:
        return frozenset()
    known = {key[0] for key in _everything(ledger, column)}
    by_lower = {name.lower(): name for name in known}
    found = []
    for name in asked:
        if name and name not in known and name.lower() not in by_lower:
            hint = did_you_mean(name, known)
            raise UsageError(f"the ledger has no finding of {noun} '{name}'" + (f"; {hint}" if hint else ""))
        found.append(name if name in known else by_lower.get(name.lower(), name))
    return frozenset(found)


def _everything(ledger: Ledger, column: By) -> Counter[tuple[str, ...]]:
    from mainstay.evidence import Query

    return ledger.counts((column,), Query(verdicts=VERDICTS))


def _controls(filters: Filters, ledger: Ledger, catalog: CatalogOf) -> frozenset[str] | None:
    chosen: set[str] | None = None
    if filters.controls:
        judged = {key[0] for key in _everything(ledger, "control")}
        if not judged.issuperset(filters.controls):
            judged |= {control.id for control in catalog().controls}
        for name in filters.controls:
            if name not in judged:
                hint = did_you_mean(name, judged)
                raise UsageError(f"there is no control '{name}'" + (f"; {hint}" if hint else ""))
        chosen = set(filters.controls)
    if filters.practices or filters.pillars:
        for name in filters.practices:
            check_practice(name)
        proving = {
            control.id
            for control in catalog().controls
            if (not filters.pillars or set(filters.pillars) & set(control.pillars))
            and (not filters.practices or _proves(control, filters.practices))
        }
        chosen = proving if chosen is None else chosen & proving
    return None if chosen is None else frozenset(chosen)


def check_practice(name: str) -> None:
    """Raises UsageError, with a suggestion, where no practice or question of the framework has the id."""
    known = load_practices()
    questions = {practice.question for practice in known.values()}
    if name not in known and name not in questions:
        hint = did_you_mean(name, [*questions, *known])
        raise UsageError(f"the framework has no practice '{name}'" + (f"; {hint}" if hint else ""))


def _proves(control: Control, practices: Iterable[str]) -> bool:
    return any(own == name or own.startswith(f"{name}-") for own in control.practices for name in practices)


# -- the list


def findings(ledger: Ledger, query: Query, at: Moment | None = None) -> Page:
    """The findings that stand, the worst first; says how many more there are."""
    standing = ledger.findings(query, at)
    total = len(standing)
    if query.limit is not None and total >= query.limit:
        total = sum(ledger.counts(("verdict",), query, at).values())
    facts: dict[str, Any] = {"at": None if at is None else told(at), "total": total}
    noun = "failure" if query.verdicts == FAILING else "finding"
    plural = noun if total == 1 else f"{noun}s"
    lead: Line = ((f"{total:,} {plural}", "strong"), ("" if at is None else f" as of {told(at)}", "plain"))
    table = standing_table("findings", standing, verdicts=query.verdicts != FAILING)
    return Page("findings", facts, (table,), (lead,), left=total - len(standing))


def standing_table(
    name: str, standing: Iterable[Standing], title: str = "", empty: str = "", verdicts: bool = False,
    addresses: bool = True,
) -> Table:  # fmt: skip
    """Findings as rows: what tells them apart in a line, the address and the reasons below."""
    columns = (
        Column("severity", "", tone=severity_tone),
        *((Column("verdict", ""),) if verdicts else (Column("verdict", "", machine=True),)),
        Column("control", ""),
        Column("owner", "", tone="quiet"),
        Column("since", "", lambda value: f"since {minute(value)[:10]}" if value else "", tone="quiet"),
        Column("came_back", "", lambda value: f"came back {value:,}x" if value else "", tone="medium"),
        Column("scope", "account", machine=True),
        Column("region", "region", machine=True),
        Column("type", "type", machine=True),
        Column("address", "address", machine=not addresses, lines=_where, whole=True),
        Column("reasons", "reasons", _reasons_text, lines=_reason_lines),
        Column("waiver", "waiver", lambda value: value["text"] if value else "", lines=_waiver_lines),
        Column("last_seen", "last seen", machine=True),
        Column("fingerprint", "fingerprint", machine=True),
    )
    return Table(name, columns, [row_of(one) for one in standing], title, empty)


def row_of(one: Standing) -> dict[str, Any]:
    waiver = one.waiver
    return {
        "severity": one.severity,
        "control": one.control,
        "verdict": one.verdict,
        "scope": one.scope,
        "region": one.region,
        "type": one.type,
        "address": one.address,
        "owner": one.owner,
        "since": iso(one.since),
        "first_seen": iso(one.first_seen),
        "last_seen": iso(one.last_seen),
        "came_back": one.came_back,
        "pass": one.pass_number,
        "reasons": [_reason(reason) for reason in one.reasons],
        "waiver": None if waiver is None else {"text": waived(waiver), "reason": waiver.reason, "owner": waiver.owner,
                                               "until": waiver.until.isoformat() if waiver.until else None},
        "fingerprint": one.fingerprint,
    }  # fmt: skip


def _where(row: Mapping[str, Any]) -> Iterator[tuple[str, Tone]]:
    """An ARN says where its resource is; beside any other address it has to be said."""
    place = "" if row["address"].startswith("arn:") else " ".join(filter(None, (row["scope"], row["region"])))
    yield row["address"] + (f" in {place}" if place else ""), "place"


def _reason(reason: Reason) -> dict[str, Any]:
    default = reason.mark.since if isinstance(reason.mark, ServiceDefault) else None
    return {
        "text": _short(reason), "path": reason.path, "expected": reason.expected, "actual": reason.actual,
        "settle": reason.settle, "service_default": default,
    }  # fmt: skip


def _reasons_text(reasons: list[dict[str, Any]] | None) -> str:
    return "; ".join(reason["text"] for reason in reasons or ())


def _reason_lines(reasons: list[dict[str, Any]] | None) -> Iterator[tuple[str, Tone]]:
    for reason in (reasons or ())[:REASONS_SHOWN]:
        yield reason["text"], "plain"
    if reasons and len(reasons) > REASONS_SHOWN:
        yield f"and {count(len(reasons) - REASONS_SHOWN, 'more reason')}", "quiet"


def _waiver_lines(waiver: dict[str, Any] | None) -> Iterator[tuple[str, Tone]]:
    if waiver:
        yield waiver["text"], "quiet"


# -- counted


def grouped(ledger: Ledger, query: Query, by: Group, catalog: CatalogOf, limit: int | None, at: Moment | None) -> Page:
    """How many findings there are of each owner, control, ... by severity, the most severe first."""
    found: dict[str, Counter[str]] = {}
    for (name, severity), number in ledger.counts((_COLUMNS[by], "severity"), query, at).items():
        found.setdefault(name, Counter())[severity] += number
    if by == "practice":
        found = _by_practice(found, catalog())
    rows = [
        {by: name, "total": sum(numbers.values()), **{one: numbers[one] for one in reversed(SEVERITIES)}}
        for name, numbers in sorted(found.items(), key=_worst_first)
    ]
    noun = "failure" if query.verdicts == FAILING else "finding"
    total = sum(ledger.counts(("verdict",), query, at).values())
    facts = {"at": None if at is None else told(at), "by": by, "total": total}
    columns = (Column(by, by.title(), lambda value: value or NOBODY), *severity_columns())
    of = f" as of {told(at)}" if at is not None else ""
    lead: Line = ((count(total, noun), "strong"), (f"{of} by {by}", "plain"))
    left = max(0, len(rows) - limit) if limit is not None else 0
    return Page("counts", facts, (Table("counts", columns, rows[:limit]),), (lead,), left=left)


def severity_columns() -> tuple[Column, ...]:
    def shown(value: int) -> str:
        return f"{value:,}" if value else "-"

    def toned(severity: Severity) -> Column:
        return Column(severity, severity, shown, lambda value: severity_tone(severity) if value else "quiet", True)

    return (*(toned(one) for one in reversed(SEVERITIES)), Column("total", "total", number=True))


def _worst_first(entry: tuple[str, Counter[str]]) -> tuple[Any, ...]:
    name, numbers = entry
    return (*(-numbers[one] for one in reversed(SEVERITIES)), name)


def _by_practice(by_control: Mapping[str, Counter[str]], catalog: Catalog) -> dict[str, Counter[str]]:
    """A failure counts for each practice of its control."""
    found: dict[str, Counter[str]] = {}
    practices = {control.id: control.practices for control in catalog.controls}
    for control, numbers in by_control.items():
        for name in practices.get(control, ()):
            found.setdefault(name, Counter()).update(numbers)
    return found


# -- as a review


def review_of(ledger: Ledger, query: Query, catalog: Catalog, at: Moment | None = None) -> Review:
    """What stands, as a review: for the formats that other programs read. `gone` findings have no place in one.

    Its gaps are those of the last pass of each target, as far as they are about what is asked; of another moment none.
    """
    controls = {control.id: control for control in catalog.controls}
    findings: list[Finding] = []
    for one in ledger.findings(query, at):
        if one.verdict == "gone":
            continue
        control = controls.get(one.control)
        if control is None or control.severity != one.severity:
            control = controls[one.control] = _as_it_was(control, one)
        findings.append(Finding(control, one.verdict, one.subject, one.reasons, one.waiver))
    judged = dict.fromkeys(finding.control.id for finding in findings)
    subjects = {(finding.subject.scope, finding.subject.address): finding.subject for finding in findings}
    accounts: dict[str, list[str]] = {}
    for subject in subjects.values():
        if subject.source == "live":
            accounts.setdefault(subject.scope, []).append(subject.region)
    return Review(
        findings,
        [] if at is not None else list(_gaps(ledger, query)),
        [controls[name] for name in judged],
        resource_count=len(subjects),
        file_count=len({subject.place.file for subject in subjects.values() if subject.place}),
        accounts={scope: sorted(set(filter(None, regions))) for scope, regions in sorted(accounts.items())},
    )


def _as_it_was(control: Control | None, one: Standing) -> Control:
    """The control by which a finding was judged, where the catalogue has lost it or calls it less or more severe."""
    if control is not None:
        return replace(control, severity=one.severity)
    return Control(
        id=one.control,
        title=f"{one.control} (no longer in the catalogue)",
        applies_to=(one.type,),
        expect=All(()),
        severity=one.severity,
        layer="operations",
        practices=(),
        why="The catalogue no longer has this control.",
        fix="Review again: what no control judges any more goes away.",
    )


def _gaps(ledger: Ledger, query: Query) -> Iterator[Gap]:
    for one in latest(ledger.passes()):
        for gap in ledger.gaps(one):
            if gap.unit and not _is_asked(gap.unit.scope, query.scopes):
                continue
            if gap.unit and gap.unit.region and not _is_asked(gap.unit.region, query.regions):
                continue
            if query.controls is None or not gap.controls or query.controls & set(gap.controls):
                yield gap


def _is_asked(value: str, asked: Collection[str]) -> bool:
    return not asked or value in asked


def _short(reason: Reason) -> str:
    """The reason in a sentence; a long condition is told whole where findings are told one by one."""
    return sentence(replace(reason, actual=shorten(reason.actual, LONGEST), expected=shorten(reason.expected, LONGEST)))
