"""Flow logs and the resolver's query logs as AWS delivers them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from mainstay.simulation import tokens
from mainstay.simulation.company import Account, Company
from mainstay.simulation.records import stamp
from mainstay.simulation.rhythm import busy, count

FLOW_HEADER: Final = (
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"
)


@dataclass(frozen=True, slots=True)
class Flow:
    """A line of a flow log in the default format, version 2."""

    start: int
    account: str
    interface: str
    source: str
    target: str
    source_port: int
    target_port: int
    packets: int
    bytes: int
    accepted: bool
    protocol: int = 6
    seconds: int = 60

    def line(self) -> str:
        action = "ACCEPT" if self.accepted else "REJECT"
        return (
            f"2 {self.account} {self.interface} {self.source} {self.target} {self.source_port} {self.target_port} "
            f"{self.protocol} {self.packets} {self.bytes} {self.start} {self.start + self.seconds} {action} OK"
        )


@dataclass(frozen=True, slots=True)
class Query:
    """A question to the resolver of a VPC."""

    second: int
    account: str
    region: str
    vpc: str
    address: str
    instance: str
    name: str
    type: str = "A"
    rcode: str = "NOERROR"
    answers: tuple[str, ...] = ()

    def line(self) -> str:
        answers = [{"Rdata": answer, "Type": self.type, "Class": "IN"} for answer in self.answers]
        return json.dumps({
            "version": "1.100000", "account_id": self.account, "region": self.region, "vpc_id": self.vpc,
            "query_timestamp": stamp(self.second), "query_name": self.name, "query_type": self.type,
            "query_class": "IN", "rcode": self.rcode, "answers": answers, "srcaddr": self.address,
            "srcport": str(1024 + len(self.name) * 311 % 60_000), "transport": "UDP",
            "srcids": {"instance": self.instance},
        })  # fmt: skip


def flows(company: Company, start: int, end: int, per_day: int) -> Iterator[Flow]:
    """Ordinary traffic of the production accounts: shoppers, databases, updates, and knocks from the internet."""
    random = Random(f"{company.seed}:flows")
    for slot in range(start, end, 900):
        for account in company.production():
            mean = per_day / 2 * 900 / 86_400 * busy("shop", slot)
            drawn = [_flow(random, account, slot + random.randrange(900)) for _ in range(count(random, mean))]
            yield from sorted(drawn, key=lambda flow: flow.start)


def _flow(random: Random, account: Account, second: int) -> Flow:
    interface = random.choice(account.things["interface"])
    inside = f"10.20.{random.randrange(8)}.{random.randrange(4, 250)}"
    rest = ".".join(str(random.randrange(1, 255)) for _ in range(3))
    outside = f"{random.choice((79, 84, 91, 93, 85))}.{rest}"
    packets = random.randrange(5, 400)
    drawn = random.random()
    if drawn < 0.05:
        return Flow(second, account.id, interface, outside, inside, random.randrange(1024, 65_535),
                    random.choice((22, 23, 445, 3389, 8080)), 1, 40, False)  # fmt: skip
    if drawn < 0.5:
        return Flow(second, account.id, interface, outside, inside, random.randrange(1024, 65_535), 443, packets,
                    packets * random.randrange(60, 900), True)  # fmt: skip
    peer = f"10.20.{random.randrange(8)}.{random.randrange(4, 250)}"
    port = random.choice((5432, 6379, 443, 8080))
    return Flow(second, account.id, interface, inside, peer, random.randrange(1024, 65_535), port, packets,
                packets * random.randrange(60, 900), True)  # fmt: skip


_NAMES: Final[Sequence[str]] = (
    "s3.eu-central-1.amazonaws.com", "secretsmanager.eu-central-1.amazonaws.com", "sqs.eu-central-1.amazonaws.com",
    "kms.eu-central-1.amazonaws.com", "api.example.com", "payments.example.net", "mail.example.org",
    "registry.example.com", "time.aws.com", "packages.example.net",
)  # fmt: skip


def queries(company: Company, start: int, end: int, per_day: int) -> Iterator[Query]:
    """Ordinary questions of the production accounts' machines."""
    random = Random(f"{company.seed}:queries")
    for slot in range(start, end, 900):
        for account in company.production():
            drawn = []
            for _ in range(count(random, per_day / 2 * 900 / 86_400 * busy("shop", slot))):
                second = slot + random.randrange(900)
                missing = random.random() < 0.02
                name = f"{tokens.text(random, 6).lower()}.example.com" if missing else random.choice(_NAMES)
                answers = () if missing else (f"10.20.{random.randrange(8)}.{random.randrange(4, 250)}",)
                drawn.append(
                    Query(
                        second,
                        account.id,
                        company.regions[0],
                        account.things["vpc"][0],
                        f"10.20.{random.randrange(8)}.{random.randrange(4, 250)}",
                        random.choice(account.things["instance"]),
                        f"{name}.",
                        random.choice(("A", "A", "AAAA")),
                        "NXDOMAIN" if missing else "NOERROR",
                        answers,
                    )
                )
            yield from sorted(drawn, key=lambda query: query.second)
