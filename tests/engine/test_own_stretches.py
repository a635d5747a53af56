"""What AWS makes up for a resource of the code is never a star, and never names what AWS owns itself."""

from __future__ import annotations

import pytest

from mainstay.engine import compile, parse
from mainstay.model.errors import DataError
from mainstay.model.values import Record, Ref, Text, Unknown

OWN = Ref("aws_iam_policy.deploy", "arn")
ID = Ref("Deploy", "id")
LOOKED_UP = Ref("data.aws_iam_policy.found", "arn")
OF_MODULE_DATA = Ref("module.data.aws_db_instance.orders", "arn")
IN_MODULE = Ref("module.a.data.aws_iam_policy.found", "arn")


@pytest.mark.parametrize(
    ("value", "pattern", "holds"),
    [
        (OWN, r"\*", False),
        (OWN, r"arn:*:role/\*", False),
        (OWN, "*::aws:policy/AdministratorAccess", False),
        (OWN, "arn:*", True),
        (OWN, "*:policy/deploy", None),
        (OWN, "s3:*", False),
        (ID, r"\*", False),
        (ID, "arn:aws:iam::aws:policy/AdministratorAccess", False),
        (ID, "deploy", None),
        (LOOKED_UP, "*::aws:policy/AdministratorAccess", None),
        (OF_MODULE_DATA, "*::aws:policy/AdministratorAccess", False),
        (LOOKED_UP, r"arn:*:role/\*", None),
        (IN_MODULE, "*::aws:policy/AdministratorAccess", None),
        (Text([OWN, "/*"]), r"arn:*/\*", True),
        (Text([OWN, "/*"]), r"\*", False),
        (Text([Unknown("x"), ":aws:policy/Admin"]), "*::aws:policy/Admin", None),
        (Text(["arn:", ID]), r"*\*", False),
    ],
)
def test_a_reference_decides_what_it_can(value: object, pattern: str, holds: bool | None) -> None:
    assert compile(parse(Record({"A": pattern})))(Record({"A": value})) is holds


SCRIPT = "aws configure set region "
KEY = "AKIAIOSFODNN7EXAMPLE"
SECRET = "(^|[^A-Za-z0-9])AKIA[A-Z0-9]{16}"


@pytest.mark.parametrize(
    ("value", "holds"),
    [
        (Text([SCRIPT, Ref("", "region", None, "the region is not given")]), False),
        (Text([SCRIPT, ID, "\n", OWN]), False),
        (ID, False),
        (Text([f"export K={KEY} ", ID]), True),
        (Text(["AKIA", ID, "7EXAMPLE"]), False),
        (Text([SCRIPT, Unknown("var.key has no value")]), None),
        (Text([SCRIPT, Ref("random_password.db", "result")]), None),
        (Text([SCRIPT, Ref("aws_iam_access_key.ci", "secret")]), None),
        (Unknown("var.user_data has no value"), None),
    ],
)
def test_a_secret_is_looked_for_in_what_is_written(value: object, holds: bool | None) -> None:
    assert compile(parse(Record({"A|re|written": SECRET})))(Record({"A": value})) is holds


def test_without_written_a_stretch_that_aws_makes_up_leaves_it_open() -> None:
    assert compile(parse(Record({"A|re": SECRET})))(Record({"A": Text([SCRIPT, ID])})) is None


def test_written_goes_with_re_only() -> None:
    with pytest.raises(DataError, match="'written' and 'contains' can't stand in one entry"):
        parse(Record({"A|contains|written": "x"}))
