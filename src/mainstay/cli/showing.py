"""The command `show`: what the ledger knows, one subcommand a question."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from mainstay.cli import terminal
from mainstay.cli.asking import LISTED, REVIEWS, Asked, asking
from mainstay.cli.choosing import PILLAR, SEVERITY, practice_ids
from mainstay.cli.exits import Exit
from mainstay.cli.groups import Group

if TYPE_CHECKING:
    from mainstay.evidence import Ledger, Query
    from mainstay.evidence.answers import Moment
    from mainstay.model.findings import Review

VERDICT = click.Choice(["fail", "pass", "unknown", "not_applicable", "waived", "gone", "all"])


@click.group(cls=Group, invoke_without_command=True, short_help="Show what the ledger knows.")
@asking()
def show(asked: Asked) -> None:
    """Show what the ledger knows. Without a command: the last pass, what fails, and how the pillars stand.

    \b
    mainstay show
    mainstay show findings --severity high --owner payments
    mainstay show changes --since 7d
    mainstay show resource arn:aws:s3:::orders
    mainstay show practices SEC08
    """
    if click.get_current_context().invoked_subcommand is None:
        from mainstay.verbs.showing import overview

        with asked.opened() as ledger:
            asked.write(overview(ledger, asked.catalog, asked.now, asked.ages))


@show.command(short_help="List the findings that stand.")
@asking((*LISTED, *REVIEWS), limited=True)
@click.option("--severity", type=SEVERITY, help="Only this severity and above.")
@click.option(
    "--verdict", "verdicts", multiple=True, type=VERDICT, help="Only this verdict; may repeat. [default: fail]"
)
@click.option("--control", "controls", multiple=True, metavar="ID", help="Only this control; may repeat.")
@click.option("--practice", "practices", multiple=True, metavar="ID", callback=practice_ids,
              help="Only what proves this practice or question; may repeat.")  # fmt: skip
@click.option("--pillar", "pillars", multiple=True, type=PILLAR, help="Only this pillar; may repeat.")
@click.option("--account", "accounts", multiple=True, metavar="ID",
              help="Only this account, or of code this root; may repeat.")  # fmt: skip
@click.option("--region", "regions", multiple=True, metavar="NAME", help="Only this region; may repeat.")
@click.option("--type", "types", multiple=True, metavar="TYPE", help="Only this type (AWS::S3::Bucket); may repeat.")
@click.option("--owner", "owners", multiple=True, metavar="NAME",
              help="Only what this owner has, '' for what nobody has; may repeat.")  # fmt: skip
@click.option("--address", default="", metavar="GLOB", help="Only addresses that match (*, ?), in any case of letters.")
@click.option("--at", metavar="MOMENT", help="As it stood then: a milestone, a date or time, 7d, or pass:3.")
@click.option("--group-by", "group", type=click.Choice(["owner", "control", "practice", "account", "region", "type"]),
              help="Count them instead.")  # fmt: skip
def findings(asked: Asked, at: str | None, group: Any, verdicts: tuple[str, ...], **chosen: Any) -> None:
    """List the findings that stand, failures where nothing else is said, the worst first.

    The formats of reviews (html, sarif, ocsf, asff, parquet, junit) have all of them, and the gaps of the last pass.
    """
    from mainstay.verbs import show_findings as verb
    from mainstay.verbs.showing import check_known

    pillars = tuple(pillar.upper() for pillar in chosen.pop("pillars"))
    wanted: Any = verb.VERDICTS if "all" in verdicts else frozenset(verdicts) or frozenset({"fail"})
    with asked.opened() as ledger:
        when = asked.moment(ledger, at)
        if when is not None:
            check_known(ledger, when)
        limit = None if group else asked.limit
        query = verb.query_of(verb.Filters(wanted, pillars=pillars, **chosen), ledger, asked.catalog, limit)
        if asked.format in REVIEWS:
            if group:
                raise click.UsageError(f"--group-by counts: choose from {', '.join(LISTED)}")
            _write_review(asked, ledger, query, when)
        elif group:
            asked.write(verb.grouped(ledger, query, group, asked.catalog, asked.limit, when))
        else:
            asked.write(verb.findings(ledger, query, when))


def _write_review(asked: Asked, ledger: Ledger, query: Query, when: Moment | None) -> None:
    from mainstay.model.errors import UsageError
    from mainstay.verbs.show_findings import review_of

    if asked.format == "parquet" and asked.output is None and sys.stdout and sys.stdout.isatty():
        raise UsageError("parquet is not for a terminal: name a file by --output")
    found = review_of(ledger, query, asked.catalog(), when)
    if asked.format == "asff":
        _check_accounts(found)
    terminal.write(found, asked.format, asked.output, asked.color, verbose=True)


def _check_accounts(found: Review) -> None:
    """Says how much Security Hub cannot take. Raises UsageError where that is every finding."""
    from dataclasses import replace

    from mainstay.model.errors import UsageError
    from mainstay.outputs.asff import left_out

    if found.findings and left_out(replace(found, gaps=())) == len(found.findings):
        raise UsageError(
            "asff files findings by account, and these are of code: `mainstay review -f asff --account ID --region "
            "NAME` says where the code is applied"
        )
    if number := left_out(found):
        click.echo(f"asff: {number} findings and gaps of code are left out: it is in no account", err=True)


@show.command(short_help="Show what is new, fixed or back.")
@asking(limited=True)
@click.option("--since", metavar="MOMENT",
              help="A milestone, a date or time, 7d, or pass:3. [default: the pass before the last]")  # fmt: skip
def changes(asked: Asked, since: str | None) -> None:
    """Show the failures that are new, came back or are fixed since a moment."""
    from mainstay.verbs.show_passes import changes as verb

    with asked.opened() as ledger:
        asked.write(verb(ledger, asked.moment(ledger, since), asked.limit))


@show.command(short_help="Show how a resource was configured over time.")
@click.argument("name", metavar="ADDRESS|ARN|ID")
@asking(limited=True)
@click.option("--from", "since", metavar="MOMENT", help="Compare with how it was then.")
@click.option("--to", "until", metavar="MOMENT", help="Compare up to then. [default: now]")
def resource(asked: Asked, name: str, since: str | None, until: str | None) -> None:
    """Show how a resource was configured over time, what differs, and what is found against it."""
    from mainstay.verbs.show_resource import resource as verb

    with asked.opened() as ledger:
        asked.write(verb(ledger, name, asked.moment(ledger, since), asked.moment(ledger, until), asked.limit))


@show.command(short_help="List the passes.")
@asking(limited=True)
def passes(asked: Asked) -> None:
    """List the passes, the last one first."""
    from mainstay.verbs.show_passes import passes as verb

    with asked.opened() as ledger:
        asked.write(verb(ledger, asked.limit))


@show.command(short_help="Show what could not be read.")
@asking(limited=True)
@click.option("--pass", "number", type=click.IntRange(1), metavar="N",
              help="Of this pass. [default: the last one of each target]")  # fmt: skip
def gaps(asked: Asked, number: int | None) -> None:
    """Show what could not be read, by permission or reason, and how many controls that leaves unknown."""
    from mainstay.verbs.show_passes import gaps as verb

    with asked.opened() as ledger:
        asked.write(verb(ledger, number, asked.limit))


@show.command(short_help="Show the failures of each pass.")
@asking(limited=True)
@click.option("--by", default="severity", type=click.Choice(["severity", "pillar", "owner"]), show_default=True,
              help="What is counted apart.")  # fmt: skip
def trends(asked: Asked, by: Any) -> None:
    """Show how many failures stood at the end of each pass."""
    from mainstay.verbs.show_trends import trends as verb

    with asked.opened() as ledger:
        asked.write(verb(ledger, by, asked.catalog, asked.limit, asked.output is not None or _has_blocks()))


def _has_blocks() -> bool:
    """Whether stdout can take block characters."""
    try:
        "▁█".encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        return False
    return True


@show.command(short_help="Show who has which failures.")
@asking(limited=True)
def owners(asked: Asked) -> None:
    """Show how many failures each owner has, by severity."""
    from mainstay.verbs.show_passes import owners as verb

    with asked.opened() as ledger:
        asked.write(verb(ledger, asked.limit))


@show.command(short_help="Show how the practices are answered.")
@click.argument("name", default="", metavar="[PRACTICE|QUESTION|PILLAR]")
@asking(limited=True)
@click.option("--pillar", "pillars", multiple=True, type=PILLAR, help="Only this pillar; may repeat.")
@click.option("--since", metavar="MILESTONE", help="Only what moved since a milestone, and why.")
@click.option("--push", "workload", metavar="WORKLOAD",
              help="Write the answers into this workload of the AWS Well-Architected Tool; dry run.")  # fmt: skip
@click.option("--apply", is_flag=True, help="With --push: make the calls.")
@click.option("--overrule", is_flag=True, help="With --push: take back what people selected and evidence denies.")
@click.option("--milestone", default="", metavar="NAME", help="With --push: make a milestone of that name there.")
@click.option("--link", default="", metavar="URL", help="With --push: where the evidence is found.")
@click.option("--profile", metavar="NAME", help="With --push: the credentials of this profile.")
@click.option("--role-arn", metavar="ARN", help="With --push: call as this role.")
@click.option("--region", metavar="NAME", help="With --push: the region of the workload.")
def practices(asked: Asked, name: str, pillars: tuple[str, ...], since: str | None, **push: Any) -> int | None:
    """Show how the evidence answers the practices, those that are not met first; of one practice everything."""
    from mainstay.verbs import show_practices as verb

    if push["workload"] is None and any(value for key, value in push.items() if key != "region"):
        raise click.UsageError("--apply, --overrule, --milestone, --link, --profile and --role-arn go with --push")
    with asked.opened() as ledger:
        if push["workload"] is not None:
            from mainstay.cli.pushing import pushed

            return pushed(asked, ledger, **push)
        if since is not None:
            milestone = verb.named_milestone(ledger, since)
            asked.write(verb.moved(ledger, asked.catalog, asked.now, milestone, name, pillars, ages=asked.ages))
        else:
            asked.write(verb.practices(ledger, asked.catalog, asked.now, name, pillars, asked.limit, asked.ages))
    return None


@show.command(short_help="Show what to do first.")
@asking()
@click.option("--top", type=click.IntRange(1), default=10, show_default=True, metavar="N", help="How many things.")
def plan(asked: Asked, top: int) -> None:
    """Show what to do first: the most risk for the least work."""
    from mainstay.verbs.show_practices import improvement_plan

    with asked.opened() as ledger:
        asked.write(improvement_plan(ledger, asked.catalog, asked.now, top, asked.ages))


@show.command(short_help="List the milestones.")
@asking(limited=True)
def milestones(asked: Asked) -> None:
    """List the moments that have names."""
    from mainstay.verbs.show_ledger import milestones as verb

    with asked.opened() as ledger:
        asked.write(verb(ledger, asked.limit))


@show.command(short_help="Give this moment a name, to compare with later.")
@click.argument("name", metavar="NAME")
@asking()
@click.option("--note", default="", metavar="TEXT", help="What it is about.")
def milestone(asked: Asked, name: str, note: str) -> None:
    """Give this moment a name, to compare with later."""
    from mainstay.verbs.show_ledger import milestone as verb

    with asked.opened():  # a ledger is not made by naming a moment of it
        pass
    with asked.opened(write=True) as ledger:
        asked.write(verb(ledger, name, note, asked.now))


@show.command(short_help="Check that nothing was changed or removed.")
@asking()
@click.option("--head", metavar="HASH", help="What the head was once: it has to be there still.")
def verify(asked: Asked, head: str | None) -> int:
    """Check that the ledger was only appended to. Exits with 1 and names each flaw where it was not."""
    from mainstay.verbs.show_ledger import verify as verb

    with asked.opened() as ledger:
        page = verb(ledger, head)
    asked.write(page)
    return Exit.CLEAN if page.facts["sound"] else Exit.FINDINGS


@show.command(short_help="Remove what was superseded long ago.")
@asking()
@click.option("--before", required=True, metavar="MOMENT", help="A date, 365d, a milestone, or pass:3.")
@click.option("--apply", is_flag=True, help="Remove it; otherwise it is only counted.")
def prune(asked: Asked, before: str, apply: bool) -> None:
    """Remove what was superseded before a moment. What stands, and what stood at a milestone, is kept."""
    from mainstay.verbs.show_ledger import prune as verb
    from mainstay.verbs.showing import moment

    with asked.opened():
        pass
    with asked.opened(write=True) as ledger:
        asked.write(verb(ledger, moment(ledger, before, asked.now), asked.now, apply))
