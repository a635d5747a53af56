"""Statements are written so that they read back, and a signature speaks for its author and for nobody else."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import example, given
from hypothesis import strategies as st

from mainstay.cli.attesting import attest as command
from mainstay.model.errors import UsageError
from mainstay.model.evidence import Attestation
from mainstay.settings.attestations import Entry, canonical, parse_attestation, read_attestations
from mainstay.verbs.attesting import Signed, attest, check, find_signers, sign_file, sorted_by_trust, written

TODAY = date(2026, 11, 23)
PRACTICES = ("OPS03-BP01", "OPS03-BP02")
SAID = Attestation(
    "OPS03-BP01", "We ask: how is it? Every month.", "Web Team <web@example.org>", TODAY, date(2027, 5, 1)
)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two keys, Web's and Ops's, and the file that says whose they are."""
    if shutil.which("ssh-keygen") is None:
        pytest.skip("there is no ssh-keygen to sign with (apt-get install openssh-client)")
    home = tmp_path_factory.mktemp("keys")
    for name in ("web", "ops"):
        made = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(home / name)]
        subprocess.run(made, check=True, capture_output=True)
    lines = [
        f'{name}@example.org namespaces="mainstay-attestation" {(home / f"{name}.pub").read_text()}'
        for name in ("web", "ops")
    ]
    (home / "allowed_signers").write_text("".join(lines))
    return home


def entries(*files: Path) -> list[Entry]:
    return read_attestations(files, PRACTICES, TODAY, files[0].parent)


def checked(file: Path, signers: Path) -> Signed:
    [one] = check(entries(file), signers)
    return one


def test_a_signed_statement_counts_until_a_word_of_it_changes(tmp_path: Path, keys: Path) -> None:
    file = attest(tmp_path / "attestations", SAID, PRACTICES, TODAY, keys / "web")
    assert file.name == "OPS03-BP01.yaml"
    assert file.read_text().startswith("practice: OPS03-BP01\nstatement: ")
    signers = keys / "allowed_signers"
    assert checked(file, signers).trust == "signed"
    file.write_text("# laid out otherwise\n" + file.read_text())
    assert checked(file, signers).trust == "signed"
    file.write_text(file.read_text().replace("Every month", "Every week"))
    changed = checked(file, signers)
    assert changed.trust == "invalid"
    assert "it is not web@example.org's signature of this text" in changed.why
    sign_file(entries(file)[0], keys / "web")
    assert checked(file, signers).trust == "signed"
    assert file.read_text().count("BEGIN SSH SIGNATURE") == 1, "the new signature stands in the place of the old one"
    assert file.read_text().startswith("# laid out otherwise\n")


def test_nobody_signs_for_another(tmp_path: Path, keys: Path) -> None:
    file = attest(tmp_path, SAID, PRACTICES, TODAY, keys / "ops")
    assert checked(file, keys / "allowed_signers").trust == "invalid"
    stranger = replace(SAID, practice="OPS03-BP02", by="stranger@example.org")
    assert (
        checked(attest(tmp_path, stranger, PRACTICES, TODAY, keys / "ops"), keys / "allowed_signers").trust == "invalid"
    )


def test_a_signature_of_something_else_is_none(tmp_path: Path, keys: Path) -> None:
    """A commit's signature has another namespace: what somebody signed elsewhere cannot be brought here."""
    message = tmp_path / "message"
    message.write_bytes(canonical(SAID))
    subprocess.run(
        ["ssh-keygen", "-Y", "sign", "-n", "git", "-f", str(keys / "web"), str(message)],
        check=True, capture_output=True,
    )  # fmt: skip
    signature = message.with_name("message.sig").read_text()
    assert check([Entry(SAID, tmp_path / "a.yaml", signature)], keys / "allowed_signers")[0].trust == "invalid"
    assert check([Entry(SAID, tmp_path / "a.yaml", "nonsense")], keys / "allowed_signers")[0].trust == "invalid"


def test_what_cannot_be_checked_is_not_believed(tmp_path: Path, keys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = attest(tmp_path, SAID, PRACTICES, TODAY, keys / "web")
    assert checked(file, tmp_path / "allowed_signers").trust == "unchecked"
    monkeypatch.setitem(os.environ, "PATH", str(tmp_path))
    without = checked(file, keys / "allowed_signers")
    assert (without.trust, without.why[:31]) == ("unchecked", "ssh-keygen is not installed (Op")
    with pytest.raises(UsageError, match="ssh-keygen is not installed"):
        sign_file(entries(file)[0], keys / "web")


def test_unsigned_ones_count_only_where_the_configuration_says_so() -> None:
    said = {trust: replace(SAID, scope=trust) for trust in ("signed", "unsigned", "invalid", "unchecked")}
    all_of_them = [Signed(one, trust) for trust, one in said.items()]  # type: ignore[arg-type]
    counting, others = sorted_by_trust(all_of_them)
    assert (counting, len(others)) == ([said["signed"]], 3)
    counting, others = sorted_by_trust(all_of_them, accept_unsigned=True)
    assert others == [said["invalid"]], "a wrong signature is worse than none"


def test_a_file_is_never_overwritten_and_a_wrong_statement_never_written(tmp_path: Path) -> None:
    attest(tmp_path, SAID, PRACTICES, TODAY)
    with pytest.raises(UsageError, match="is there already"):
        attest(tmp_path, SAID, PRACTICES, TODAY)
    with pytest.raises(UsageError, match="did you mean 'OPS03-BP01'"):
        attest(tmp_path, replace(SAID, practice="OPS03-BP1"), PRACTICES, TODAY)
    with pytest.raises(UsageError, match="a year at most"):
        attest(tmp_path, replace(SAID, practice="OPS03-BP02", expires=date(2028, 1, 1)), PRACTICES, TODAY)
    with pytest.raises(UsageError, match="there is no key"):
        attest(tmp_path, replace(SAID, practice="OPS03-BP02"), PRACTICES, TODAY, tmp_path / "nowhere")
    assert [file.name for file in tmp_path.iterdir()] == ["OPS03-BP01.yaml"]


def test_a_file_that_has_no_place_for_a_signature_stays_as_it_is(tmp_path: Path, keys: Path) -> None:
    file = tmp_path / "a.yaml"
    flow = '{practice: OPS03-BP01, statement: yes, by: web@example.org, "on": "2026-11-02", expires: "2026-12-01"}\n'
    file.write_text(flow.replace("yes", "'yes'"))
    before = file.read_text()
    with pytest.raises(UsageError, match="write it as plain YAML"):
        sign_file(entries(file)[0], keys / "web")
    assert (file.read_text(), list(tmp_path.iterdir())) == (before, [file])


WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\n\t\"'#:-\u2028\x85"), min_size=1)


@given(WORDS, WORDS)
@example("NULL", "0")
def test_any_words_read_back_as_they_were_written(statement: str, scope: str) -> None:
    said = replace(SAID, statement=statement, scope=scope)
    entry, faults = parse_attestation(written(said), "a.yaml", Path("a.yaml"), PRACTICES, TODAY)
    assert entry is not None
    if not faults:
        assert (entry.attestation.statement, entry.attestation.scope) == (statement.strip(), scope.strip())
    else:
        assert {fault.message.split("'")[1] for fault in faults} <= {"statement", "scope"}
        assert not statement.strip() or not scope.strip() or not scope.strip().isprintable()


def test_the_command_writes_signs_and_checks(tmp_path: Path, keys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    runner = CliRunner()

    def run(*arguments: str) -> tuple[int, str]:
        result = runner.invoke(command, arguments, standalone_mode=False)
        return (result.return_value or 0) if result.exception is None else -1, result.output

    expires = date.today().replace(day=1, month=1, year=date.today().year + 1).isoformat()
    options = ("--by", "web@example.org", "--expires", expires)
    assert run("ops03-bp01", *options, "--statement", "She sponsors it.") == (
        0,
        "wrote attestations/OPS03-BP01.yaml; it counts once it is signed: "
        "mainstay attest sign attestations/OPS03-BP01.yaml\n",
    )
    status, said = run("check")
    assert (status, "OPS03-BP01  unsigned   web@example.org" in said) == (1, True)
    (tmp_path / "attestations" / "allowed_signers").write_bytes((keys / "allowed_signers").read_bytes())
    assert find_signers([tmp_path / "attestations"]) == tmp_path / "attestations" / "allowed_signers"
    assert run("sign", "attestations/OPS03-BP01.yaml", "--key", str(keys / "web"))[0] == 0
    assert run("check") == (
        0,
        f"OPS03-BP01  signed     web@example.org  until {expires}  attestations/OPS03-BP01.yaml:1:1\n"
        "1 statement, 1 valid\n",
    )
    status, said = run("SEC08-BP02", *options, "--statement", "We encrypt.", "--sign", str(keys / "web"))
    assert (status, "SEC08-BP02 is decided by machine" in said) == (0, True)
    assert run("OPS03-BP02", "--by", "x", "--expires", "soon", "--statement", "y")[0] == -1
