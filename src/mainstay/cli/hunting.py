"""The commands of detection: `hunt`, `watch`, `ingest` and `simulate`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mainstay.cli import terminal
from mainstay.cli.choosing import DIRECTORY, SEVERITY, practice_ids, rules_option
from mainstay.cli.configuring import config_option, with_environment
from mainstay.cli.destinations import Destination, destinations, format_option
from mainstay.cli.exits import Exit

if TYPE_CHECKING:
    from mainstay.catalog.sigma import Rules
    from mainstay.model.hunts import Hunt
    from mainstay.settings.configuration import Configuration
    from mainstay.verbs.hunting import Judging

FORMAT_NAMES = ("console", "json", "jsonl", "csv", "markdown", "html", "ocsf", "asff", "parquet")
FILE = click.Path(dir_okay=False, path_type=Path)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


digest_keys_option = click.option(
    "--digest-keys", type=FILE, metavar="FILE",
    help="CloudTrail's public keys, as `aws cloudtrail list-public-keys` prints them.",
)  # fmt: skip


def rule_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that choose rules, which every command that judges events has."""
    for option in reversed((
        rules_option(),
        click.option("--pack/--no-pack", default=True, show_default=True, help="Judge by mainstay's own pack."),
        click.option("--rule", "ids", multiple=True, metavar="ID", help="Judge only by this rule; may repeat."),
        click.option("--severity", type=SEVERITY, help="Judge only by rules of this severity and above."),
        click.option("--practice", "practices", multiple=True, metavar="ID", callback=practice_ids,
                     help="Judge only by what proves this practice or question; may repeat."),
        digest_keys_option,
        click.option("--state", type=FILE, metavar="FILE",
                     help="Remember in this file what was seen, from one run to the next."),
    )):  # fmt: skip
        command = option(command)
    return command


def judging(
    configuration: Configuration,
    rule_dirs: tuple[Path, ...],
    pack: bool,
    ids: tuple[str, ...] = (),
    severity: str | None = None,
    practices: tuple[str, ...] = (),
) -> Judging:
    """What events are judged by, as the options and the configuration want it."""
    from mainstay.catalog.sigma import load_rules
    from mainstay.model.errors import UsageError

    directories = (*configuration.detecting.rules, *rule_dirs)
    if not pack and not directories:
        raise UsageError("--no-pack leaves no rules: name some by --rules DIR")
    rules = load_rules(directories, configuration.detecting.lists, builtin=pack)
    _check_practices(practices, (rules,))
    # without the pack, what the configuration changes about its rules is about none that are here
    return _judging(configuration, rules, ids, severity, practices, strict=pack)


def compared(
    configuration: Configuration,
    directories: tuple[Path, Path],
    ids: tuple[str, ...] = (),
    severity: str | None = None,
    practices: tuple[str, ...] = (),
) -> list[Judging]:
    """The same of two directories of rules. What only one of them has is asked for in both."""
    from mainstay.catalog.sigma import load_rules

    both = [load_rules((one,), configuration.detecting.lists, builtin=False) for one in directories]
    _check_practices(practices, both)
    every = {rule.about.id for rules in both for rule in rules.rules}
    return [_judging(configuration, rules, ids, severity, practices, every) for rules in both]


def _judging(
    configuration: Configuration,
    rules: Rules,
    ids: tuple[str, ...],
    severity: str | None,
    practices: tuple[str, ...],
    elsewhere: Collection[str] = (),
    strict: bool = False,
) -> Judging:
    from mainstay.settings.places import read_places
    from mainstay.verbs.hunting import Judging, chosen

    detecting = configuration.detecting
    places = read_places(detecting.places, str(detecting.places)) if detecting.places else None
    known = {rule.about.id for rule in rules.rules}
    changes = {id: one for id, one in configuration.detections.items() if strict or id in known}
    return Judging(chosen(rules, ids, severity, practices, changes, elsewhere), detecting.lists, places)


def _check_practices(practices: tuple[str, ...], loaded: Sequence[Rules]) -> None:
    """Raises UsageError for a practice that no rule proves."""
    from mainstay.documents import did_you_mean
    from mainstay.model.errors import UsageError

    named = {practice for rules in loaded for rule in rules.rules for practice in rule.about.practices}
    for name in practices:
        if not any(practice.startswith(name) for practice in named):
            hint = did_you_mean(name, sorted(named))
            raise UsageError(f"no detection proves a practice {name!r}" + (f"; {hint}" if hint else ""))


def _moment(ctx: click.Context, option: click.Parameter, value: str | None) -> int | None:
    """A date, a time, or a time ago, in microseconds."""
    from mainstay.verbs.showing import time_of

    if value is None:
        return None
    try:
        return (time_of(value, datetime.now(UTC)) - EPOCH) // timedelta(microseconds=1)
    except ValueError:
        raise click.BadParameter(
            f"{value!r} is no moment; write 2026-03-02, 2026-03-02T09:00 or 7d", ctx, option
        ) from None


def _span(ctx: click.Context, option: click.Parameter, value: str) -> int:
    """`30s`, `15m`, `6h` or `7d`, in microseconds."""
    from mainstay.catalog.sigma.extension import span_us

    found = span_us(value)
    if found is None:
        raise click.BadParameter(f"{value!r} is no time; write 30s, 15m, 6h or 7d", ctx, option)
    return found


@click.command(short_help="Judge logs by detections.")
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@config_option
@rule_options
@click.option("--from", "since_us", callback=_moment, metavar="MOMENT",
              help="Only events from then on: a date, a time, or 7d.")  # fmt: skip
@click.option("--to", "until_us", callback=_moment, metavar="MOMENT", help="Only events before then.")
@click.option("--engine", default="auto", show_default=True, metavar="NAME",
              help="What reads an archive: duckdb, spark://HOST:PORT or local[N] for Spark.")  # fmt: skip
@click.option("--learn", is_flag=True, help="Only keep in --state what was seen; find nothing.")
@click.option("--compare", nargs=2, type=DIRECTORY, metavar="OLD NEW",
              help="Judge by two directories of rules, and show what changes.")  # fmt: skip
@click.option("--lateness", "lateness_us", default="3h", show_default=True, callback=_span, metavar="TIME",
              help="How much events may be out of order.")  # fmt: skip
@format_option(FORMAT_NAMES)
@click.option("-o", "--output", type=FILE, metavar="FILE", help="Write the findings to a file instead of stdout.")
@click.option("--fail-on", type=click.Choice(["low", "medium", "high", "critical", "never"]), default="low",
              show_default=True, help="Exit with 1 on findings of this severity and above.")  # fmt: skip
@click.option("--allow-incomplete", is_flag=True, help="Do not exit with 3 when something could not be read.")
@click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", show_default=True,
              help="Colour the console output.")  # fmt: skip
@click.option("-v", "--verbose", is_flag=True, help="Show long lists in full.")
@click.option("-q", "--quiet", is_flag=True, help="Show no progress.")
def hunt(
    sources: tuple[str, ...], configuration: Configuration, rule_dirs: tuple[Path, ...], pack: bool,
    ids: tuple[str, ...], severity: str | None, practices: tuple[str, ...], digest_keys: Path | None,
    state: Path | None, since_us: int | None, until_us: int | None, engine: str, learn: bool,
    compare: tuple[Path, Path] | None, lateness_us: int, formats: tuple[Destination, ...], output: Path | None,
    fail_on: str, allow_incomplete: bool, color: str, verbose: bool, quiet: bool,
) -> int:  # fmt: skip
    """Judge logs by detections: mainstay's pack, and any Sigma rules.

    SOURCE is a file or a directory of logs as AWS delivers them, s3://BUCKET/PREFIX, an archive that `mainstay ingest`
    made, or - for newline-delimited JSON on stdin.

    \b
    mainstay hunt logs/
    mainstay hunt s3://trail-bucket/AWSLogs/ --from 7d --rules sigma/rules/cloud/aws
    mainstay hunt archive/ --engine spark://master:7077 -f html=hunt.html
    mainstay hunt logs/ --compare rules-before/ rules-after/
    """
    from mainstay.model.errors import UsageError
    from mainstay.outputs.wording import count
    from mainstay.verbs.hunt import HuntOptions, comparison
    from mainstay.verbs.hunt import hunt as run

    kept = state or configuration.detecting.state
    if learn and kept is None:
        raise UsageError("--learn keeps what was seen: name a file by --state")
    if compare and (learn or state or rule_dirs):
        raise UsageError("--compare goes with none of --learn, --state and --rules")
    if since_us is not None and until_us is not None and since_us >= until_us:
        raise UsageError("--from is not before --to: no event is in between")
    taken = [(kept, "the state file")] if kept else []
    where = destinations(formats, output, taken)
    keys = digest_keys or configuration.detecting.digest_keys
    options = HuntOptions(since_us, until_us, engine, None if compare else kept, learn, lateness_us, keys)
    if compare:
        old, new = compared(configuration, compare, ids, severity, practices)
        with terminal.progress(not quiet) as progress:
            found = comparison(sources, old, new, options, progress)
        _write_comparison(found, where, color, verbose)
        return Exit.INCOMPLETE if (found.old.gaps or found.new.gaps) and not allow_incomplete else Exit.CLEAN
    by = judging(configuration, rule_dirs, pack, ids, severity, practices)
    with terminal.progress(not quiet) as progress:
        result = run(sources, by, options, progress)
    if learn:
        click.echo(f"learned from {count(sum(result.event_counts.values()), 'event')}, kept in {kept}", err=True)
        for remark in result.remarks:
            click.echo(f"note: {remark}", err=True)
    else:
        for name, file in where:
            _write(result, name, file, color, verbose)
    return _status(result, fail_on, allow_incomplete)


hunt = with_environment(hunt, but=("pack", "learn", "compare", "since_us", "until_us"))


def _write(result: Hunt, format_name: str, file: Path | None, color: str, verbose: bool) -> None:
    from mainstay.outputs import Style
    from mainstay.outputs.hunts import FORMATS

    with terminal.opened(file) as stream:
        style = Style(terminal.wants_color(color, stream), terminal.width(), verbose, Path.cwd())
        FORMATS[format_name](result, stream, style)
    if format_name == "asff":
        from mainstay.outputs.hunts.asff import left_out
        from mainstay.outputs.wording import count

        if number := left_out(result):
            click.echo(f"asff: {count(number, 'finding or gap', 'findings and gaps')} of no account left out", err=True)


def _write_comparison(found: Any, where: list[Destination], color: str, verbose: bool) -> None:
    from mainstay.model.errors import UsageError
    from mainstay.outputs import Style
    from mainstay.outputs.hunts import COMPARISONS

    for name, file in where:
        if name not in COMPARISONS:
            raise UsageError(f"a comparison is not written as {name}; choose from {', '.join(COMPARISONS)}")
        with terminal.opened(file) as stream:
            style = Style(terminal.wants_color(color, stream), terminal.width(), verbose, Path.cwd())
            COMPARISONS[name](found, stream, style)


def _status(result: Hunt, fail_on: str, allow_incomplete: bool) -> Exit:
    from mainstay.model.controls import SEVERITIES

    threshold = len(SEVERITIES) if fail_on == "never" else SEVERITIES.index(fail_on)
    if any(SEVERITIES.index(finding.rule.about.severity) >= threshold for finding in result.findings):
        return Exit.FINDINGS
    return Exit.INCOMPLETE if result.gaps and not allow_incomplete else Exit.CLEAN


@click.command(short_help="Judge logs as they arrive.")
@click.argument("source", metavar="DIR|-")
@config_option
@rule_options
@click.option("-f", "--format", "format_name", type=click.Choice(["console", "jsonl"]), default="console",
              show_default=True, help="How alerts are written.")  # fmt: skip
@click.option("--lateness", "lateness_us", default="15m", show_default=True, callback=_span, metavar="TIME",
              help="How much events may be out of order: so long correlations and states wait.")  # fmt: skip
@click.option("--poll", "poll_seconds", type=click.FloatRange(0.1), default=2.0, show_default=True,
              metavar="SECONDS", help="How often the directory is looked at.")  # fmt: skip
@click.option("--once", is_flag=True, help="Judge what is there, and end.")
@click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", show_default=True,
              help="Colour the console output.")  # fmt: skip
def watch(
    source: str, configuration: Configuration, rule_dirs: tuple[Path, ...], pack: bool, ids: tuple[str, ...],
    severity: str | None, practices: tuple[str, ...], digest_keys: Path | None, state: Path | None, format_name: str,
    lateness_us: int, poll_seconds: float, once: bool, color: str,
) -> int:  # fmt: skip
    """Judge logs as they arrive: files in a directory that fills, or newline-delimited JSON on stdin.

    Every finding is written at once; Ctrl-C ends. With --state it goes on where it was when it is started again.

    \b
    mainstay watch /var/spool/cloudtrail --state state.sqlite
    tail -F events.jsonl | mainstay watch - -f jsonl
    """
    from mainstay.model.errors import Fault
    from mainstay.outputs import Style
    from mainstay.outputs.hunts import ALERTS
    from mainstay.verbs.watch import WatchOptions
    from mainstay.verbs.watch import watch as run

    by = judging(configuration, rule_dirs, pack, ids, severity, practices)
    kept = state or configuration.detecting.state
    style = Style(terminal.wants_color(color, sys.stdout), terminal.width(), False, Path.cwd())
    write = ALERTS[format_name]
    keys = digest_keys or configuration.detecting.digest_keys
    with suppress(KeyboardInterrupt):  # that is how it ends
        for news in run(source, by, WatchOptions(kept, lateness_us, poll_seconds, once, keys)):
            if isinstance(news, Fault):
                click.echo(f"note: {news}", err=True)
            else:
                write(news, sys.stdout, style)
                sys.stdout.flush()
    return Exit.CLEAN


watch = with_environment(watch, but=("pack", "once"))


@click.command(short_help="Put logs into an archive of Parquet files.")
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@click.argument("archive", metavar="ARCHIVE", type=click.Path(file_okay=False, path_type=Path))
@config_option
@digest_keys_option
@click.option("-q", "--quiet", is_flag=True, help="Show no progress.")
def ingest(
    sources: tuple[str, ...], archive: Path, configuration: Configuration, digest_keys: Path | None, quiet: bool
) -> int:
    """Put logs into an archive of Parquet files, by account, region and day, for hunts through months of them.

    What is in the archive already is passed over, whatever its file is called; after an interruption the same command
    goes on.

    \b
    mainstay ingest s3://trail-bucket/AWSLogs/ archive/
    mainstay hunt archive/ --from 90d
    """
    from mainstay.outputs.hunts import write_gaps
    from mainstay.verbs.ingest import ingest as run

    with terminal.progress(not quiet) as progress:
        done = run(sources, archive, progress, digest_keys or configuration.detecting.digest_keys)
    click.echo(done.line(), err=True)
    if done.remark:
        click.echo(f"note: {done.remark}", err=True)
    write_gaps(done.gaps, sys.stderr)
    return Exit.INCOMPLETE if done.gaps else Exit.CLEAN


ingest = with_environment(ingest)


@click.command(short_help="Write a made-up company's CloudTrail, with attacks of which the truth is known.")
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path), metavar="DIR")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same logs.")
@click.option(
    "--days",
    type=click.FloatRange(0.05, 366),
    default=10.0,
    show_default=True,
    help="For how long; attacks begin when a week has been learnt from.",
)
@click.option("--events-per-day", type=click.IntRange(100), default=5000, show_default=True, metavar="N",
              help="How much happens besides.")  # fmt: skip
@click.option("--attack", "attacks", multiple=True, metavar="KIND",
              help="Only this kind of attack; may repeat. [default: each]")  # fmt: skip
@click.option("--no-attacks", is_flag=True, help="No attacks, only what is ordinary.")
def simulate(
    directory: Path, seed: int, days: float, events_per_day: int, attacks: tuple[str, ...], no_attacks: bool
) -> int:
    """Write a made-up company's CloudTrail into DIR, as AWS delivers it, with attacks and with what looks like them.

    Beside the logs stand `incidents.json`, the truth, and `mainstay.toml`, what such a company would configure.

    \b
    mainstay simulate exercise/
    mainstay hunt exercise/logs --config exercise/mainstay.toml
    """
    from mainstay.verbs.simulate import simulate as run

    _, done = run(directory, seed, days, events_per_day, () if no_attacks else attacks or None)
    click.echo(done, err=True)
    return Exit.CLEAN
