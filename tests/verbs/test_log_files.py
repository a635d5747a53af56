"""The order of the files of logs: that of the time in their names, whatever else is in them."""

import pytest

from mainstay.verbs.log_files import stamp


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("AWSLogs/111122223333_CloudTrail_eu-central-1_20260303T1100Z_FRk6XMc4LU2SBFEb.json.gz", "202603031100"),
        ("AWSLogs/202603021234/2026/03/02/202603021234_fl-0a_20260302T1000Z_20301231.log.gz", "202603021000"),
        ("logs/2026/03/02/10/part.json", "202603021000"),
        ("2026-03-02T10:15.json", "202603021015"),
        ("orders.json", ""),
        ("20261399.json", ""),
    ],
)
def test_the_time_is_told_from_accounts_and_random_digits(name: str, expected: str) -> None:
    assert stamp(name) == expected
