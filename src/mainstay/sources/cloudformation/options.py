"""What the user says about a deployment that a template leaves open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from mainstay.model.values import Value

_PARTITIONS = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}


@dataclass(frozen=True, slots=True)
class Options:
    """Parameters by name (they go to the outermost stack), and where the stack is deployed, where that is known."""

    parameters: Mapping[str, Value] = field(default_factory=dict)
    region: str | None = None
    account: str | None = None
    partition: str = "aws"

    def deployed_to(self, region: str | None, account: str | None) -> Options:
        """These, and where they leave open to which place a stack goes, what its template says."""
        partition = self.partition
        if self.region is None and region is not None and partition == "aws":
            partition = next((name for start, name in _PARTITIONS.items() if region.startswith(start)), partition)
        return replace(self, region=self.region or region, account=self.account or account, partition=partition)
