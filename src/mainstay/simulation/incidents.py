"""What really happened in a simulation: the truth that findings are compared with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Incident:
    """An attack, or a decoy: something that looks like one and is in order.

    `event_ids` are all CloudTrail events that it is made of, in time order, also those that look harmless alone.
    `flows` and `queries` count the records of it in the flow logs and the resolver's.
    """

    id: str
    kind: str
    is_decoy: bool
    account: str
    principals: tuple[str, ...]
    start: datetime
    end: datetime
    event_ids: tuple[str, ...]
    flows: int = 0
    queries: int = 0
