"""`mainstay attest`: statements for what only a person can say."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import click

from mainstay.cli.exits import Exit


class Attest(click.Group):
    """A group whose everyday command needs no name: `mainstay attest OPS03-BP01 ...` writes a statement."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = ["write", *args]
        return super().parse_args(ctx, args)


@click.group(cls=Attest, short_help="State what only a person can say, signed and until a day.")
def attest() -> None:
    """State what only a person can say, signed and until a day.

    \b
    mainstay attest OPS03-BP01 --by platform@example.org --expires 2027-06-30 \\
        --statement "The workload has an executive sponsor, named in the charter." --sign ~/.ssh/id_ed25519
    mainstay attest check
    """


@attest.command(short_help="Write a statement into a file of its own.")
@click.argument("practice", metavar="PRACTICE")
@click.option("--by", required=True, metavar="WHO", help="Who says so: the name that allowed_signers has for the key.")
@click.option("--statement", required=True, metavar="TEXT", help="What is so.")
@click.option("--expires", required=True, metavar="DAY", help="The last day on which it holds, a year ahead at most.")
@click.option("--scope", default="", metavar="TEXT", help="Which part of the workload it speaks of.")
@click.option("--link", default="", metavar="URL", help="Where to read more.")
@click.option("--does-not-apply", is_flag=True, help="State that the practice does not concern the workload.")
@click.option("--sign", "key", type=click.Path(path_type=Path), metavar="KEY",
              help="Sign it with an SSH key: a private one, or a public one that the agent knows.")  # fmt: skip
@click.option("--directory", default="attestations", type=click.Path(file_okay=False, path_type=Path), metavar="DIR",
              show_default=True, help="The directory of the attestations.")  # fmt: skip
def write(
    practice: str, by: str, statement: str, expires: str, scope: str, link: str, does_not_apply: bool,
    key: Path | None, directory: Path,
) -> None:  # fmt: skip
    """Write a statement about a practice into a file of its own."""
    from mainstay.analysis.statements import may_attest
    from mainstay.catalog import load_practices
    from mainstay.model.evidence import Attestation
    from mainstay.settings.words import day
    from mainstay.verbs.attesting import attest as run

    last = day(expires)
    if last is None:
        raise click.BadParameter(f"{expires!r} is no day (YYYY-MM-DD)", param_hint="--expires")
    today = _today()
    said = Attestation(practice.upper(), statement, by, today, last, not does_not_apply, link, scope)
    practices = load_practices()
    file = run(directory, said, practices, today, key)
    click.echo(f"wrote {file}" + ("" if key else "; it counts once it is signed: mainstay attest sign " + str(file)))
    if said.applies and not may_attest(practices[said.practice]):
        click.echo(f"{said.practice} is decided by machine: the statement will be shown, and will not count", err=True)


@attest.command(short_help="Sign the statement in a file.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE")
@click.option("--key", "key", required=True, type=click.Path(path_type=Path), metavar="KEY",
              help="An SSH key: a private one, or a public one that the agent knows.")  # fmt: skip
def sign(file: Path, key: Path) -> None:
    """Sign the statement in a file, anew where it was changed."""
    from mainstay.catalog import load_practices
    from mainstay.settings.attestations import read_attestations
    from mainstay.verbs.attesting import sign_file

    [entry] = read_attestations([file], load_practices(), _today(), Path())
    sign_file(entry, key)
    click.echo(f"signed {file} for {entry.attestation.by}")


@attest.command(short_help="Check the statements and their signatures.")
@click.argument("path", default=".", type=click.Path(exists=True, path_type=Path), metavar="[PATH]")
@click.option("--signers", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE",
              help="Whose key is whose; allowed_signers beside the statements where it is not said.")  # fmt: skip
def check(path: Path, signers: Path | None) -> int:
    """Check the statements at or above PATH: their files, their days and their signatures.

    Exit code 1 where one has expired or is not signed by whom it names.
    """
    from mainstay.catalog import load_practices
    from mainstay.outputs.wording import count
    from mainstay.settings.attestations import find_attestations, read_attestations
    from mainstay.verbs.attesting import check as run
    from mainstay.verbs.attesting import find_signers

    today = _today()
    paths = find_attestations(None, path if path.is_dir() else path.parent)
    checked = run(read_attestations(paths, load_practices(), today, Path()), find_signers(paths, signers))
    bad = 0
    for one in checked:
        said = one.attestation
        expired = today > said.expires
        state = "expired" if expired and one.trust == "signed" else one.trust
        why = f"on {said.expires}" if state == "expired" else one.why or f"until {said.expires}"
        bad += state != "signed"
        click.echo(f"{said.practice}  {state:9}  {said.by}  {why}  {said.place}")
    click.echo(f"{count(len(checked), 'statement')}, {len(checked) - bad} valid" if checked else "no statements found")
    return Exit.FINDINGS if bad else Exit.CLEAN


def _today() -> date:
    return datetime.now(UTC).date()
