"""Waivers and baselines over real reviews: what they reach, what they do not, and what is said of them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from mainstay.catalog import load
from mainstay.model.decisions import Waiver
from mainstay.model.findings import Finding, Review
from mainstay.sources import project_of
from mainstay.verbs.decisions import apply_waivers, compare_with_baseline, write_baseline
from mainstay.verbs.review import review

CATALOG = load().controls
TODAY = date(2026, 11, 23)
ASKED = ("s3-keeps-versions", "s3-logs-access", "security-group-keeps-ssh-private", "security-group-keeps-rdp-private")
CONTROLS = [control for control in CATALOG if control.id in ASKED]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".git").mkdir()  # scopes are named from here
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(files: dict[str, str]) -> None:
    for name, text in files.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text)


def judge(*files: str, today: date = TODAY, path: str = ".") -> Review:
    paths = [Path(path)]
    return apply_waivers(review(paths, CONTROLS), CATALOG, today, [Path(file) for file in files], paths)


def of(result: Review, address: str, control: str = "s3-keeps-versions") -> Finding:
    [found] = [one for one in result.findings if one.subject.address == address and one.control.id == control]
    return found


def waiver(finding: Finding) -> Waiver:
    assert finding.waiver is not None
    return finding.waiver


def remarks(result: Review) -> list[str]:
    return [str(fault) for fault in result.remarks]


def bucket(name: str, *lines: str) -> str:
    return f'resource "aws_s3_bucket" "{name}" {{\n' + "".join(f"  {line}\n" for line in lines) + "}\n"


INLINE = "# mainstay:ignore[s3-keeps-versions] rebuilt every night"


def test_an_ignore_waives_one_control_of_one_resource() -> None:
    write({"main.tf": bucket("a", INLINE) + bucket("b")})
    result = judge()
    assert of(result, "aws_s3_bucket.a").verdict == "waived"
    assert waiver(of(result, "aws_s3_bucket.a")).reason == "rebuilt every night"
    assert of(result, "aws_s3_bucket.a", "s3-logs-access").verdict == "fail"
    assert of(result, "aws_s3_bucket.b").verdict == "fail"
    assert remarks(result) == []


def test_an_ignore_on_a_module_block_reaches_everything_in_it() -> None:
    inner = 'module "deep" {\n  source = "../deep"\n}\n'
    write(
        {
            "main.tf": f'{INLINE}\nmodule "m" {{\n  source = "./m"\n}}\nmodule "n" {{\n  source = "./m"\n}}\n',
            "m/main.tf": bucket("a") + inner,
            "deep/main.tf": bucket("b"),
        }
    )
    result = judge()
    assert of(result, "module.m.aws_s3_bucket.a").verdict == "waived"
    assert of(result, "module.m.module.deep.aws_s3_bucket.b").verdict == "waived"
    assert of(result, "module.n.aws_s3_bucket.a").verdict == "fail"


def test_an_ignore_inside_a_module_reaches_every_instance() -> None:
    write(
        {
            "main.tf": 'module "m" {\n  source = "./m"\n  for_each = toset(["x", "y"])\n}\n',
            "m/main.tf": bucket("a", INLINE),
        }
    )
    assert {one.verdict for one in judge().findings if one.control.id == "s3-keeps-versions"} == {"waived"}


def test_an_ignore_stands_where_the_finding_points_also_in_another_resource() -> None:
    piece = (
        'resource "aws_s3_bucket_versioning" "a" {\n  bucket = aws_s3_bucket.a.id\n'
        f'  {INLINE}\n  versioning_configuration {{\n    status = "Suspended"\n  }}\n}}\n'
    )
    write({"main.tf": bucket("a"), "versions.tf": piece})
    result = judge()
    assert of(result, "aws_s3_bucket.a").verdict == "waived"
    assert of(result, "aws_s3_bucket.a", "s3-logs-access").verdict == "fail"


def test_templates_are_waived_by_comment_and_by_metadata() -> None:
    meta = '{"Metadata": {"mainstay": {"ignore": [{"id": "s3-keeps-versions", "reason": "scratch"}]}}, "Type": "AWS::S3::Bucket"}'  # noqa: E501
    write(
        {
            "a.yaml": f"Resources:\n  {INLINE}\n  A:\n    Type: AWS::S3::Bucket\n  B:\n    Type: AWS::S3::Bucket\n",
            "b.json": f'{{"Resources": {{"C": {meta}, "D": {{"Type": "AWS::S3::Bucket"}}}}}}',
        }
    )
    result = judge()
    verdicts = {one.subject.address: one.verdict for one in result.findings if one.control.id == "s3-keeps-versions"}
    assert verdicts == {"A": "waived", "B": "fail", "C": "waived", "D": "fail"}


def test_ignores_of_other_scanners_waive_what_also_maps() -> None:
    write(
        {
            "a.tf": bucket("a", "#checkov:skip=CKV_AWS_21:scratch", "#checkov:skip=CKV2_AWS_99999:x"),
            "b.tf": "#trivy:ignore:AVD-AWS-0090\n" + bucket("b"),
            "c.tf": "# kics-scan ignore-block\n" + bucket("c") + bucket("d"),
            "e.tf": "# kics-scan disable=568a4d22-3517-44a6-a7ad-6a7eed88722c\n" + bucket("e"),
        }
    )
    result = judge()
    by_name = {name: of(result, f"aws_s3_bucket.{name}") for name in "abcde"}
    assert [one.verdict for one in by_name.values()] == ["waived"] * 3 + ["fail", "waived"]
    assert [waiver(by_name[name]).source for name in "abce"] == ["checkov", "trivy", "kics", "kics"]
    assert of(result, "aws_s3_bucket.e", "s3-logs-access").verdict == "fail"
    assert remarks(result) == ["a.tf:3:3: 1 ignore for checkov waives nothing here: no control knows CKV2_AWS_99999"]


def test_a_scanners_ignore_of_one_block_leaves_the_others() -> None:
    rule = 'ingress {\n    from_port = %s\n    to_port = %s\n    protocol = "tcp"\n    cidr_blocks = ["0.0.0.0/0"]\n  }'
    text = (
        'resource "aws_security_group" "g" {\n  description = "x"\n  #trivy:ignore:AVD-AWS-0107\n  '
        + rule % (22, 22)
        + "\n  "
        + rule % (3389, 3389)
        + "\n}\n"
    )
    write({"main.tf": text})
    result = judge()
    assert of(result, "aws_security_group.g", "security-group-keeps-ssh-private").verdict == "waived"
    assert of(result, "aws_security_group.g", "security-group-keeps-rdp-private").verdict == "fail"


def test_an_expired_waiver_fails_again_and_says_so() -> None:
    write({"main.tf": bucket("a", f"{INLINE} until=2026-11-23 owner=data")})
    assert of(judge(), "aws_s3_bucket.a").verdict == "waived", "the last day is part of it"
    result = judge(today=date(2026, 11, 24))
    assert of(result, "aws_s3_bucket.a").verdict == "fail"
    assert waiver(of(result, "aws_s3_bucket.a")).until == TODAY
    said = "the waiver of s3-keeps-versions has expired on 2026-11-23; 1 finding counts again (its owner is data)"
    assert remarks(result) == [f"main.tf:2:3: {said}"]


def test_a_waiver_that_holds_goes_before_one_that_has_expired() -> None:
    write({"main.tf": bucket("a", f"{INLINE} until=2020-01-01", f"{INLINE}, still")})
    assert of(judge(), "aws_s3_bucket.a").verdict == "waived"


def test_an_unknown_finding_is_waived_as_well() -> None:
    versions = 'resource "aws_s3_bucket_versioning" "a" {\n  bucket = aws_s3_bucket.a.id\n'
    versions += "  versioning_configuration {\n    status = var.status\n  }\n}\n"
    write({"main.tf": 'variable "status" {}\n' + bucket("a", INLINE) + versions})
    assert of(judge(), "aws_s3_bucket.a").verdict == "waived"


ON = 'resource "aws_s3_bucket_versioning" "a" {\n  bucket = aws_s3_bucket.a.id\n  versioning_configuration {\n    status = "Enabled"\n  }\n}\n'  # noqa: E501


def test_a_waiver_that_nothing_needs_says_so() -> None:
    write({"main.tf": bucket("a", INLINE) + ON})
    result = judge()
    assert of(result, "aws_s3_bucket.a").verdict == "pass"
    assert remarks(result) == ["main.tf:2:3: nothing needs the waiver of s3-keeps-versions any more"]


def test_an_ignore_on_what_the_control_does_not_judge_says_so() -> None:
    write({"main.tf": f'{INLINE}\nresource "aws_security_group" "g" {{}}\n' + bucket("b")})
    assert remarks(judge()) == ["main.tf:1:1: s3-keeps-versions is waived here and judges nothing that stands here"]


FILE = """\
- {control: s3-keeps-versions, address: 'aws_s3_bucket.a["x"]', reason: scratch, owner: data}
- {control: s3-*, path: infra/dev/*, reason: nothing real, owner: platform}
"""


def test_a_waiver_file_waives_by_address_and_by_path() -> None:
    looped = bucket("a", 'for_each = toset(["x", "y"])')
    write({".mainstay/waivers.yaml": FILE, "infra/prod/main.tf": looped, "infra/dev/main.tf": bucket("d")})
    result = judge(".mainstay/waivers.yaml")
    assert of(result, 'aws_s3_bucket.a["x"]').verdict == "waived"
    assert of(result, 'aws_s3_bucket.a["y"]').verdict == "fail"
    assert {one.verdict for one in result.findings if one.subject.address == "aws_s3_bucket.d"} == {"waived"}
    assert remarks(result) == []


def test_an_entry_that_meets_nothing_is_a_mistake_only_where_all_of_it_was_reviewed() -> None:
    write({".mainstay/waivers.yaml": FILE, "infra/prod/main.tf": bucket("b")})
    assert [one.partition(": ")[2] for one in remarks(judge(".mainstay/waivers.yaml"))] == [
        "the waiver of s3-keeps-versions is for nothing that was reviewed",
        "the waiver of s3-* is for nothing that was reviewed",
    ]
    assert remarks(judge(".mainstay/waivers.yaml", path="infra/prod")) == []


def test_paths_in_a_waiver_file_mean_the_same_wherever_the_user_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    write({".mainstay/waivers.yaml": FILE, "infra/dev/main.tf": bucket("d")})
    monkeypatch.chdir("infra/dev")
    assert {one.verdict for one in judge("../../.mainstay/waivers.yaml").findings} == {"waived"}


# -- baselines


def test_a_baseline_survives_moved_lines_and_tells_what_is_new_and_fixed(here: Path) -> None:
    write({"infra/main.tf": bucket("a") + bucket("b")})
    paths = [Path("infra")]
    assert write_baseline(review(paths, CONTROLS), Path("b.json"), here) == 4
    write({"infra/main.tf": "\n\n# moved\n" + bucket("c") + bucket("a")})
    result = compare_with_baseline(review(paths, CONTROLS), Path("b.json"), here, paths)
    assert {(one.subject.address, one.change) for one in result.findings} == {
        ("aws_s3_bucket.a", "unchanged"),
        ("aws_s3_bucket.c", "new"),
    }
    assert [(one.address, one.control) for one in result.fixed] == [
        ("aws_s3_bucket.b", "s3-keeps-versions"),
        ("aws_s3_bucket.b", "s3-logs-access"),
    ]


def test_a_scope_that_is_gone_is_fixed_and_one_that_was_not_reviewed_is_not(here: Path) -> None:
    write({"infra/a/main.tf": bucket("a"), "infra/b/main.tf": bucket("b"), "other/main.tf": bucket("c")})
    write_baseline(review([Path(".")], CONTROLS), Path("b.json"), here)
    Path("infra/b/main.tf").unlink()
    paths = [Path("infra")]
    result = compare_with_baseline(review(paths, CONTROLS), Path("b.json"), here, paths)
    assert {one.scope for one in result.fixed} == {"infra/b"}


def test_a_waived_finding_is_not_in_a_baseline(here: Path) -> None:
    write({"main.tf": bucket("a", INLINE)})
    assert write_baseline(judge(), Path("b.json"), here) == 1


def test_a_baseline_is_the_same_wherever_the_user_stands(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write({"infra/main.tf": bucket("a") + 'module "m" {\n  source = "./none"\n}\n'})
    write_baseline(review([Path("infra")], CONTROLS), Path("b.json"), project_of([Path("infra")]))
    monkeypatch.chdir("infra")
    paths = [Path(".")]
    assert project_of(paths) == here.resolve()
    result = compare_with_baseline(review(paths, CONTROLS), Path("../b.json"), project_of(paths), paths)
    assert {one.change for one in result.findings} == {"unchanged"}
    assert [gap in result.known_gaps for gap in result.gaps] == [True]


def test_an_ignore_on_a_nested_stack_reaches_what_is_in_it() -> None:
    stack = "Type: AWS::CloudFormation::Stack\n    Properties: {TemplateURL: ./inner.yaml}\n"
    write(
        {
            "outer.yaml": f"Resources:\n  {INLINE}\n  N:\n    {stack}  M:\n    {stack}",
            "inner.yaml": "Resources:\n  A:\n    Type: AWS::S3::Bucket\n",
        }
    )
    verdicts = {one.subject.address: one.verdict for one in judge().findings if one.control.id == "s3-keeps-versions"}
    assert sorted(verdicts.values()) == ["fail", "waived"]
    assert verdicts[next(address for address in verdicts if address.startswith("N"))] == "waived"
