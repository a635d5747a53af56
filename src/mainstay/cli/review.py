"""The command `review`: its options, and the order in which the verbs do what they ask for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mainstay.cli import terminal
from mainstay.cli.choosing import DIRECTORY, PILLAR, SEVERITY, catalog_option, chosen_catalog, name_value, practice_ids
from mainstay.cli.configuring import config_option, with_environment
from mainstay.cli.destinations import Destination, destinations, format_option
from mainstay.cli.exits import Exit
from mainstay.cli.living import LEDGER, live_options

if TYPE_CHECKING:
    from mainstay.catalog import Catalog
    from mainstay.model.controls import Control
    from mainstay.model.findings import Review
    from mainstay.outputs.accounts import Home
    from mainstay.settings.configuration import Configuration
    from mainstay.sources import Options, Scope

FORMAT_NAMES = (
    "console", "json", "sarif", "junit", "github", "gitlab", "markdown", "csv", "html", "ocsf", "asff", "parquet",
)  # fmt: skip
PATCHED = {"json", "sarif", "html"}
"""The formats that show what would mend a finding."""

BASELINE = Path(".mainstay/baseline.json")
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@dataclass(frozen=True)
class Asked:
    """What the command line asks for, with what the environment and the configuration add."""

    paths: tuple[Path, ...]
    configuration: Configuration
    formats: tuple[Destination, ...]
    output: Path | None
    severity: str | None
    ids: tuple[str, ...]
    practices: tuple[str, ...]
    pillars: tuple[str, ...]
    fail_on: str
    allow_incomplete: bool
    plan: Path | None
    variables: Mapping[str, str]
    variable_files: tuple[Path, ...]
    workspace: str
    parameters: Mapping[str, str]
    region: str | None
    account: str | None
    partition: str
    tree: Path | None
    exclude: tuple[str, ...]
    catalogs: tuple[Path, ...]
    waivers: tuple[Path, ...]
    baseline: Path | None
    write_baseline: bool
    diff: str | None
    reports: tuple[Path, ...]
    fix: bool
    dry_run: bool
    jobs: int | None
    cache: bool
    color: str
    verbose: bool
    quiet: bool
    live: bool
    profile: str | None
    role_arn: str | None
    regions: tuple[str, ...]
    accounts: tuple[str, ...]
    organization: bool
    role_name: str | None
    aggregator: str | None
    ledger: str | None
    no_ledger: bool
    resume: bool
    state: Path | None

    @cached_property
    def targets(self) -> tuple[Path, ...]:
        """What is reviewed: the paths that are named, or those of the configuration."""
        from mainstay.model.errors import UsageError

        found = self.paths or (() if self.live else self.configuration.paths)
        if not found and not self.live:
            raise UsageError("name a PATH to review, or set `paths` in mainstay.toml")
        return found

    @cached_property
    def options(self) -> Options:
        from mainstay.sources import Options

        return Options(
            variables={**self.configuration.variables, **self.variables},
            variable_files=self.variable_files,
            parameters={**self.configuration.parameters, **self.parameters},
            workspace=self.workspace,
            region=self.region,
            account=self.account,
            partition=self.partition,
            tree=self.tree,
            plan=self.plan,
            exclude=self.exclude,
        )

    @cached_property
    def home(self) -> Home | None:
        """Where findings of code belong, for the format that files findings by account; None for all others."""
        from mainstay.model.errors import UsageError
        from mainstay.outputs.accounts import stated_home

        if not any(name == "asff" for name, _ in self.destinations):
            return None
        home = stated_home(self.account, self.region, self.partition)
        if home is None and not self.live:
            raise UsageError("asff files findings by account: say by --account and --region where the code is applied")
        return home

    @cached_property
    def destinations(self) -> list[Destination]:
        """Where each format goes; nothing may take the place of the ledger."""
        ledger = self.ledger or self.configuration.ledger or LEDGER
        taken = [] if "://" in ledger else [(Path(ledger), "the ledger")]
        return destinations(self.formats, self.output, taken)


@click.command()
@click.argument("paths", nargs=-1, is_eager=True, type=click.Path(exists=True, path_type=Path), metavar="[PATH]...")
@config_option
@format_option(FORMAT_NAMES)
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="Write the findings to a file instead of stdout.")  # fmt: skip
@click.option("--severity", type=SEVERITY, help="Judge only by controls of this severity and above.")
@click.option("--control", "ids", multiple=True, metavar="ID", help="Judge only by this control; may repeat.")
@click.option("--practice", "practices", multiple=True, metavar="ID", callback=practice_ids,
              help="Judge only what proves this practice or question (SEC08, REL09-BP01); may repeat.")  # fmt: skip
@click.option("--pillar", "pillars", multiple=True, type=PILLAR, help="Judge only this pillar; may repeat.")
@click.option("--fail-on", type=click.Choice(["low", "medium", "high", "critical", "never"]), default="low",
              show_default=True, help="Exit with 1 on findings of this severity and above.")  # fmt: skip
@click.option("--allow-incomplete", is_flag=True, help="Do not exit with 3 when something could not be read.")
@click.option("--plan", type=FILE, metavar="FILE",
              help="The plan of the root module at PATH, as `terraform show -json` prints it.")  # fmt: skip
@click.option("--var", "variables", multiple=True, callback=name_value, metavar="NAME=VALUE",
              help="A Terraform variable; may repeat.")  # fmt: skip
@click.option("--var-file", "variable_files", multiple=True, metavar="FILE", type=FILE,
              help="A file of Terraform variables; may repeat.")  # fmt: skip
@click.option("--workspace", default="default", metavar="NAME", help="The Terraform workspace.")
@click.option("--parameter", "parameters", multiple=True, callback=name_value, metavar="NAME=VALUE",
              help="A CloudFormation parameter; may repeat.")  # fmt: skip
@click.option("--region", metavar="REGION", help="The region that the code is applied in.")
@click.option("--account", metavar="ID", help="The account that the code is applied in.")
@click.option("--partition", default="aws", metavar="NAME", help="The partition: aws, aws-cn, aws-us-gov.")
@click.option("--tree", type=DIRECTORY, metavar="DIR",
              help="Read nothing outside this directory (default: the repository around PATH, or PATH).")  # fmt: skip
@click.option("--exclude", multiple=True, metavar="GLOB",
              help="Leave out files and directories whose path below PATH matches; may repeat.")  # fmt: skip
@catalog_option()
@click.option("--with", "reports", multiple=True, type=FILE, metavar="FILE",
              help="Results of another scanner, in SARIF or OCSF, shown beside the findings; may repeat.")  # fmt: skip
@click.option("--waivers", multiple=True, type=FILE, metavar="FILE",
              help="A file of waivers (default: .mainstay/waivers.yaml at or above PATH); may repeat.")  # fmt: skip
@click.option(
    "--baseline",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Compare with what was known when this file was written; only what is new decides the exit code.",
)
@click.option("--write-baseline", is_flag=True,
              help=f"Write what is found now to the baseline (default: {BASELINE}), and exit with 0.")  # fmt: skip
@click.option("--diff", metavar="REF",
              help="Compare with the code at a git ref; only what is new decides the exit code.")  # fmt: skip
@click.option("--fix", is_flag=True, help="Change the code so that findings with a patch go away.")
@click.option("--dry-run", is_flag=True, help="With --fix: show the changes as a unified diff, and make none.")
@live_options
@click.option("-j", "--jobs", type=click.IntRange(1), metavar="N", help="Judge in N processes (default: one a core).")
@click.option("--cache/--no-cache", default=True, show_default=True,
              help="Keep verdicts for the next run over the same files.")  # fmt: skip
@click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", show_default=True,
              help="Colour the console output.")  # fmt: skip
@click.option("-v", "--verbose", is_flag=True, help="Show long lists in full.")
@click.option("-q", "--quiet", is_flag=True, help="Show no progress.")
def review(**asked: Any) -> int:
    """Judge Terraform, plans and CloudFormation by the catalogue.

    PATH is a directory or a file. Root modules, local modules, plans and templates are found in it; nothing is executed
    and nothing is fetched.

    \b
    mainstay review infra/
    mainstay review infra/prod --var-file prod.tfvars --severity high
    mainstay review . -f console -f sarif=mainstay.sarif --diff origin/main
    mainstay review infra/ --fix --dry-run
    """
    return _Run(Asked(**asked)).run()


review = with_environment(review, but=("cache",))


class _Run:
    """One run of the command."""

    def __init__(self, asked: Asked) -> None:
        from mainstay.verbs.selecting import select

        self.asked = asked
        _ = asked.destinations, asked.home, asked.targets  # what makes no sense is said before the work
        self.today: date = datetime.now(UTC).date()
        self.catalog: Catalog = chosen_catalog(asked.catalogs, asked.ids, asked.practices, asked.configuration)
        self.controls: tuple[Control, ...] = tuple(
            select(self.catalog.controls, asked.ids, asked.practices, asked.pillars, asked.severity)
        )

    def run(self) -> int:
        from mainstay.model.errors import UsageError
        from mainstay.sources import project_of
        from mainstay.verbs import decisions

        asked = self.asked
        if asked.dry_run and not asked.fix:
            raise UsageError("--dry-run says what --fix would do; give both")
        if asked.live and (asked.fix or asked.write_baseline or asked.baseline or asked.diff or asked.reports):
            raise UsageError("--live goes with none of --fix, --baseline, --write-baseline, --diff and --with")
        if asked.fix and (asked.write_baseline or asked.plan):
            raise UsageError("--fix changes code: it goes neither with --write-baseline nor with --plan")
        result = self.reviewed()
        if asked.write_baseline:
            file = asked.baseline or BASELINE
            number = decisions.write_baseline(result, file, project_of(asked.targets, asked.tree))
            click.echo(f"wrote {number} findings and {len(result.gaps)} gaps to {file}", err=True)
            return Exit.CLEAN
        if asked.fix:
            return self.fixed(result)
        if asked.ledger and not asked.live:
            from mainstay.cli.living import remembered

            remembered(asked, result)
        if asked.reports:
            from mainstay.verbs.intake import with_reports

            result = with_reports(result, asked.reports, self.scopes)
        self.write(self.with_patches(result))
        return status(result, asked.fail_on, asked.allow_incomplete)

    def reviewed(self) -> Review:
        """The review with what was decided about its findings, compared with what it is to be compared with."""
        from mainstay import settings
        from mainstay.sources import project_of
        from mainstay.verbs import decisions, difference

        asked, paths = self.asked, self.asked.targets
        if asked.live:
            return self.live()
        files = settings.find_waivers(asked.waivers, asked.configuration.waivers, paths[0])

        def decided(found: Review, where: Sequence[Path], moved: Callable[[Path], Path] | None = None) -> Review:
            return decisions.apply_waivers(found, self.catalog.controls, self.today, files, where, moved)

        def judge(there: Sequence[Path], before: difference.Earlier) -> Review:
            options = before.options(asked.options)
            return decided(self.judged(there, options, kept=False), there, before.moved)

        result = decided(self.judged(paths, asked.options, kept=True), paths)
        if asked.diff is not None:
            return difference.compare_with_ref(result, paths, asked.diff, judge)
        if asked.baseline is not None and not asked.write_baseline:
            return decisions.compare_with_baseline(result, asked.baseline, project_of(paths, asked.tree), paths)
        return result

    def live(self) -> Review:
        """The review of what is running; with paths, beside the code that declares it."""
        from mainstay.cli import living

        asked = self.asked
        code = None
        if asked.targets:
            code = living.Code(self.judged(asked.targets, asked.options, kept=True), list(self.scopes()), asked.state)
        found = living.review(asked, self.controls, code)
        from mainstay import settings
        from mainstay.verbs import decisions

        files = settings.find_waivers(asked.waivers, asked.configuration.waivers, next(iter(asked.targets), Path()))
        return decisions.apply_waivers(found, self.catalog.controls, self.today, files, asked.targets)

    def judged(self, paths: Sequence[Path], options: Options, kept: bool) -> Review:
        """The bare review. An earlier state of the code is not `kept`, and may lack what options give values to."""
        from mainstay.verbs.cache import home
        from mainstay.verbs.review import review as judge
        from mainstay.verbs.workers import usual_jobs

        jobs = self.asked.jobs or usual_jobs()
        with terminal.progress(not self.asked.quiet) as progress:
            cache = home() if kept and self.asked.cache else None
            return judge(paths, self.controls, options, cache, jobs, progress, check_inputs=kept)

    def scopes(self) -> Iterator[Scope]:
        """What is under review once more, for what other scanners name by a property only."""
        from mainstay import sources
        from mainstay.catalog import load_shapes
        from mainstay.sources.spelling import Spelling

        yield from sources.read(self.asked.targets, self.asked.options, Spelling(load_shapes()))

    def fixed(self, result: Review) -> int:
        """Applies the patches, or shows them; after it the code is reviewed again, for a fix is no proof of itself."""
        from mainstay.cli.pages import fix_report
        from mainstay.verbs import fixing

        asked = self.asked
        found = fixing.fixes(result, asked.targets)
        if asked.dry_run:
            terminal.write_text(fixing.unified_diff(found), asked.output)
            click.echo(fix_report(found, None), err=True)
            return Exit.FINDINGS if found.edits else Exit.CLEAN
        fixing.write(found)
        after = self.reviewed()
        click.echo(fix_report(found, fixing.outcome(found, after)), err=True)
        self.write(self.with_patches(after))
        return status(after, asked.fail_on, asked.allow_incomplete)

    def with_patches(self, result: Review) -> Review:
        """The review with its patches, where something that is written shows them."""
        from mainstay.verbs.fixing import with_patches

        return with_patches(result) if PATCHED & {name for name, _ in self.asked.destinations} else result

    def write(self, result: Review) -> None:
        asked = self.asked
        for name, file in asked.destinations:
            terminal.write(result, name, file, asked.color, asked.verbose, asked.home)
            if name == "asff":
                from mainstay.outputs.asff import left_out

                if number := left_out(result, asked.home):
                    click.echo(f"asff: {number} findings and gaps of code are left out: it is in no account", err=True)


def status(result: Review, fail_on: str, allow_incomplete: bool) -> Exit:
    """Findings at or above the threshold go before gaps: they are there, whatever else was not read.

    What was known before decides nothing.
    """
    from mainstay.model.controls import SEVERITIES

    threshold = len(SEVERITIES) if fail_on == "never" else SEVERITIES.index(fail_on)
    for finding in result.findings:
        new = finding.verdict == "fail" and finding.change != "unchanged"
        if new and SEVERITIES.index(finding.control.severity) >= threshold:
            return Exit.FINDINGS
    new_gaps = any(gap not in result.known_gaps for gap in result.gaps)
    return Exit.INCOMPLETE if new_gaps and not allow_incomplete else Exit.CLEAN
