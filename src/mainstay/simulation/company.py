"""A company by seed: its accounts, people, machines and things, as they are before anything happens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from random import Random
from typing import Any

import yaml

from mainstay.simulation import tokens
from mainstay.simulation.places import Network, Places


@cache
def _data() -> Mapping[str, Any]:
    text = (files("mainstay.simulation") / "company.yaml").read_text(encoding="utf-8")
    loaded: Mapping[str, Any] = yaml.safe_load(text)
    return loaded


@dataclass(slots=True, eq=False)
class Account:
    """An account and the things in it, of which calls draw what they are about."""

    id: str
    name: str
    purpose: str
    regions: tuple[str, ...]
    key_part: str
    things: dict[str, list[Any]] = field(default_factory=dict)

    def key(self, random: Random, kind: str = "ASIA") -> str:
        """An access key id: its middle is the same for all keys of an account."""
        return f"{kind}{self.key_part}{tokens.letters(random, 8)}"


@dataclass(frozen=True, slots=True)
class Role:
    account: Account
    name: str
    id: str
    path: str = "/"

    @property
    def arn(self) -> str:
        return f"arn:aws:iam::{self.account.id}:role{self.path}{self.name}"

    def session_arn(self, session: str) -> str:
        return f"arn:aws:sts::{self.account.id}:assumed-role/{self.name}/{session}"


@dataclass(frozen=True, slots=True)
class User:
    """An IAM user. `calls` names what his key is used for; one without is a person at the console."""

    account: Account
    name: str
    id: str
    key: str
    network: Network
    calls: str = ""

    @property
    def arn(self) -> str:
        return f"arn:aws:iam::{self.account.id}:user/{self.name}"

    @property
    def mfa(self) -> str:
        return f"arn:aws:iam::{self.account.id}:mfa/{self.name}"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who works with Identity Center. `free` are days since 1970 that he is away; `offset` hours from UTC."""

    name: str
    team: str
    roles: tuple[Role, ...]
    home: Network
    mobile: Network
    browser: str
    tool: str
    offset: int
    remote: float
    free: frozenset[int]
    host: int


@dataclass(frozen=True, slots=True, eq=False)
class Machine:
    """Something that calls by itself: `kind` says as what it runs and names what it does."""

    kind: str
    id: str
    role: Role
    region: str
    address: str
    endpoint: str | None
    application: str
    weight: float
    shift: int
    """How far, in seconds, its credentials' beginnings are from everybody's."""


@dataclass(frozen=True, slots=True)
class Bucket:
    name: str
    region: str
    prefixes: tuple[str, ...]
    typical_bytes: int


class Company:
    """Everything that is drawn once. The same seed gives the same company."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        data = _data()
        self.data = data
        self.random = random = Random(f"{seed}:company")
        self.places = Places(random, data["countries"], data["cloud"])
        self.regions: tuple[str, ...] = tuple(data["regions"])
        self.organization = f"o-{tokens.text(random, 10).lower()}"
        self.word = random.choice(("acorn", "birch", "cedar", "dune", "ember", "fjord", "grove", "heron"))
        self.accounts: dict[str, Account] = {}
        for entry in data["accounts"]:
            account = Account(
                tokens.digits(random, 12), entry["name"], entry["purpose"], self.regions, tokens.letters(random, 8)
            )
            self.accounts[account.name] = account
        self.office = (self.places.network("DE"), self.places.network("PT"))
        self.vpn = self.places.network("DE")
        self.gateways = {(account.name, region): self.places.network("cloud").address(random)
                         for account in self.accounts.values() for region in self.regions}  # fmt: skip
        self.pipeline_networks = tuple(self.places.network("US") for _ in range(8))
        self.roles: dict[tuple[str, str], Role] = {}
        self._add_roles()
        self.people = self._draw_people()
        self.users = self._draw_users()
        self.machines: tuple[Machine, ...] = ()
        for account in self.accounts.values():
            self._fill(account)
        self.machines = self._draw_machines()
        self.vendor = tokens.digits(random, 12)
        """The account of the monitoring service that collects from all of ours."""

    def role(self, account: Account, name: str, path: str = "/") -> Role:
        key = (account.id, name)
        if key not in self.roles:
            self.roles[key] = Role(account, name, f"AROA{account.key_part}{tokens.letters(self.random, 9)}", path)
        return self.roles[key]

    def permission_set(self, account: Account, name: str) -> Role:
        """The role that Identity Center keeps in an account for a permission set."""
        suffix = f"{Random(f'{self.seed}:{account.id}:{name}').getrandbits(64):016x}"
        path = f"/aws-reserved/sso.amazonaws.com/{self.regions[0]}/"
        return self.role(account, f"AWSReservedSSO_{name}_{suffix}", path)

    def production(self) -> tuple[Account, ...]:
        return tuple(account for account in self.accounts.values() if account.purpose == "production")

    def _add_roles(self) -> None:
        for account in self.accounts.values():
            for name in ("PostureScan", "BackupKeeper", "DatapulseIntegration", "Deploy", "OrganizationAdmin"):
                self.role(account, name)
            self.role(account, "AWSServiceRoleForConfig", "/aws-service-role/config.amazonaws.com/")
            self.role(account, "AWSServiceRoleForAutoScaling", "/aws-service-role/autoscaling.amazonaws.com/")
            self.role(account, "AWSServiceRoleForRDS", "/aws-service-role/rds.amazonaws.com/")
        self.role(self.accounts["deployment"], "pipeline")

    def _draw_people(self) -> tuple[Person, ...]:
        random, data = self.random, self.data
        firsts, lasts = list(data["first_names"]), list(data["last_names"])
        random.shuffle(firsts)
        people = []
        for team, entry in data["teams"].items():
            roles = tuple(self.permission_set(self.accounts[a], s) for a, s in entry["sets"].items())
            for _ in range(entry["people"]):
                abroad = random.random() < 0.25
                people.append(
                    Person(
                        f"{firsts.pop()}.{random.choice(lasts)}@example.com",
                        team,
                        roles,
                        self.places.network("PT" if abroad else "DE"),
                        self.places.network("PT" if abroad else "DE"),
                        random.choice(data["browsers"]),
                        random.choice(data["tools"]),
                        0 if abroad else 1,
                        random.choice((0.1, 0.4, 0.4, 0.7, 1.0)),
                        frozenset(day + more for day in random.sample(range(365), 3) for more in range(7)),
                        random.randrange(4, 250),
                    )
                )
        return tuple(people)

    def _draw_users(self) -> tuple[User, ...]:
        random = self.random
        users = []
        for entry in self.data["users"]:
            account = self.accounts[entry["account"]]
            users.append(self.new_user(random, account, entry["name"], self.places.network("DE"), entry["calls"]))
        for name in ("breakglass-1", "breakglass-2"):
            users.append(self.new_user(random, self.accounts["management"], name, self.vpn))
        for name in ("console-finance", "console-audit"):
            users.append(self.new_user(random, self.accounts["management"], name, self.office[0]))
        return tuple(users)

    def new_user(self, random: Random, account: Account, name: str, network: Network, calls: str = "") -> User:
        return User(
            account,
            name,
            f"AIDA{account.key_part}{tokens.letters(random, 9)}",
            account.key(random, "AKIA"),
            network,
            calls,
        )

    def _fill(self, account: Account) -> None:
        random, word = self.random, self.word
        large = account.purpose in ("production", "staging")
        count = 8 if large else 3
        applications = self.data["applications"][:count]
        stage = account.name
        buckets = [
            Bucket(f"{word}-{stage}-{use}-{tokens.digits(random, 5)}", random.choice(account.regions), prefixes, size)
            for use, prefixes, size in (
                ("assets", ("img/", "css/", "js/"), 40_000),
                ("data-lake", ("raw/orders/", "raw/clicks/", "curated/customers/"), 3_000_000),
                ("uploads", ("incoming/", "done/"), 400_000),
                ("exports", ("daily/", "monthly/"), 1_500_000),
                ("backups", ("db/", "files/"), 20_000_000),
            )
        ]
        if account.purpose == "logs":
            buckets = [Bucket(f"{word}-org-trail-{tokens.digits(random, 5)}", self.regions[0], ("AWSLogs/",), 30_000)]
        make = tokens.resource_id
        account.things = {
            "bucket": buckets,
            "application": applications,
            "instance": [make(random, "i") for _ in range(count * 2)],
            "volume": [make(random, "vol") for _ in range(count * 3)],
            "snapshot": [make(random, "snap") for _ in range(count * 5)],
            "image": [make(random, "ami") for _ in range(4)],
            "group": [make(random, "sg") for _ in range(count * 2)],
            "subnet": [make(random, "subnet") for _ in range(6)],
            "vpc": [make(random, "vpc") for _ in range(2)],
            "interface": [make(random, "eni") for _ in range(count * 3)],
            "table_id": [make(random, "rtb") for _ in range(6)],
            "acl": [make(random, "acl") for _ in range(2)],
            "flow_log": [make(random, "fl") for _ in range(2)],
            "function": [f"{word}-{name}-{part}" for name in applications for part in ("api", "worker")],
            "secret": [f"{stage}/{name}/{part}-{tokens.text(random, 6)}" for name in applications
                       for part in ("database", "api-key", "signing")],
            "parameter": [f"/{stage}/{name}/{part}" for name in applications
                          for part in ("db/host", "db/password", "feature/flags", "smtp/token")],
            "table": [f"{word}-{name}" for name in applications],
            "queue": [f"{word}-{name}-jobs" for name in applications],
            "database": [f"{word}-{name}" for name in applications[: max(1, count // 2)]],
            "db_snapshot": [f"{word}-{name}-2026-{random.randrange(1, 9):02}" for name in applications],
            "kms": [tokens.uuid(random) for _ in range(5)],
            "cluster": [f"{word}-{stage}"],
            "repository": [f"{word}/{name}" for name in applications],
            "log_group": [f"/aws/lambda/{word}-{name}-api" for name in applications],
            "policy": [f"{word}-{name}-access" for name in applications],
            "vault": [f"{word}-{stage}-vault"],
            "detector": [f"{random.getrandbits(128):032x}"],
            "trail": [f"{word}-organization-trail" if account.purpose == "management" else f"{word}-{stage}-trail"],
            "app_role": [self.role(account, f"{word}-{name}-{kind}") for name in applications
                         for kind in ("instance", "function", "task", "pod")],
        }  # fmt: skip

    def _draw_machines(self) -> tuple[Machine, ...]:
        random = self.random
        machines = []
        for account in self.accounts.values():
            if account.purpose not in ("production", "staging"):
                continue
            busy = 1.0 if account.purpose == "production" else 0.25
            instances = iter(account.things["instance"])
            for number, name in enumerate(account.things["application"]):
                region = self.regions[0] if random.random() < 0.7 else self.regions[1]
                out = self.gateways[(account.name, region)]
                endpoint = f"vpce-0{random.getrandbits(64):016x}" if random.random() < 0.4 else None
                for kind in ("instance", "instance", "function", "task", "pod"):
                    identity = next(instances) if kind == "instance" else f"{self.word}-{name}-api"
                    role = self.role(account, f"{self.word}-{name}-{kind}")
                    # the busiest applications call some twenty times more than the others
                    weight = busy * 12 / (1 + number) ** 1.2
                    machines.append(
                        Machine(kind, identity, role, region, out, endpoint, name, weight, random.randrange(21_600))
                    )
        return tuple(machines)

    def lists(self) -> dict[str, tuple[str, ...]]:
        """The lists that a company's configuration would have, by the name that rules read."""

        def roles(name: str) -> tuple[str, ...]:
            return tuple(self.role(account, name).arn for account in self.accounts.values())

        administrators = tuple(
            {role.arn: None for person in self.people for role in person.roles if "AdministratorAccess" in role.name}
        )
        return {
            "own_accounts": tuple(account.id for account in self.accounts.values()),
            "own_organizations": (self.organization,),
            "known_accounts": (self.vendor,),
            "own_networks": (
                *(network.cidr for network in self.office),
                self.vpn.cidr,
                *(f"{address}/32" for address in self.gateways.values()),
            ),
            "own_regions": (*self.regions, "us-east-1"),
            "deployment_roles": (*roles("Deploy"), self.role(self.accounts["deployment"], "pipeline").arn),
            "backup_roles": roles("BackupKeeper"),
            "scanner_roles": roles("PostureScan"),
            "monitoring_roles": roles("DatapulseIntegration"),
            "administrator_roles": administrators,
            "break_glass": tuple(user.arn for user in self.users if user.name.startswith("breakglass")),
            "log_buckets": tuple(bucket.name for bucket in self.accounts["log-archive"].things["bucket"]),
            "sensitive_buckets": tuple(
                bucket.name
                for account in self.production()
                for bucket in account.things["bucket"]
                if "data-lake" in bucket.name or "exports" in bucket.name
            ),
            "sandbox_accounts": (self.accounts["sandbox"].id,),
            "production_accounts": tuple(account.id for account in self.production()),
        }
