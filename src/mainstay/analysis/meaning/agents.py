"""What a user agent says: the family of the program, and where it runs."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

BY_HAND: Final = frozenset({"browser", "cloudshell", "console"})
"""The families that only people use."""

_FAMILIES: Final[tuple[tuple[re.Pattern[str], str], ...]] = tuple(
    (re.compile(pattern, re.IGNORECASE), family)
    for pattern, family in (
        (r"^(?:signin|console)\.(?:aws\.amazon|amazonaws)\.com$|\bs3console/|\bconsole,? |^aws[ -]console", "console"),
        (r"^aws[ -]internal|^[a-z0-9.-]+\.(?:amazonaws\.com(?:\.cn)?|aws\.internal)$", "aws-service"),
        (r"\bcloudshell\b", "cloudshell"),
        (r"\bopentofu/", "opentofu"),
        (r"\bpulumi\b", "pulumi"),
        (r"\bterraform\b|\bterraform-provider", "terraform"),
        (r"\baws-cdk\b|\bcdk/", "aws-cdk"),
        (r"\bansible\b", "ansible"),
        (r"\bsession-manager-plugin\b", "session-manager-plugin"),
        (r"^mozilla/", "browser"),
    )
)
"""The first that is found gives the family: tools before the libraries that they are made with."""

_FIRST_WORD = re.compile(r"[^\s/;,()]+")
_SERIAL = re.compile(r"[_-]?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$", re.IGNORECASE)
_RUNS_IN: Final[tuple[tuple[re.Pattern[str], str], ...]] = (
    (re.compile(r"exec[-_]env/aws_lambda|^awslambda", re.IGNORECASE), "function"),
    (re.compile(r"exec[-_]env/aws_ec2(?![a-z])", re.IGNORECASE), "instance"),
    (re.compile(r"exec[-_]env/(?:aws_ecs|aws_eks)", re.IGNORECASE), "workload"),
)


@lru_cache(maxsize=65536)
def agent(user_agent: str) -> str:
    """The family, `boto3`; empty where nothing is said. S3 writes the user agent in brackets."""
    said = user_agent.strip()
    if said.startswith("[") and said.endswith("]"):
        said = said[1:-1].strip()
    for pattern, family in _FAMILIES:
        if pattern.search(said):
            return family
    word = _FIRST_WORD.match(said)
    return _SERIAL.sub("", word[0]).lower() if word is not None and word[0] != "-" else ""


@lru_cache(maxsize=65536)
def runs_in(user_agent: str) -> str:
    """What the program runs in, where the library that it calls with says so: a function, an instance, a workload."""
    return next((kind for pattern, kind in _RUNS_IN if pattern.search(user_agent)), "")
