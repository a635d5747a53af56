"""What a company's accounts log on an ordinary day, slot by slot: no more than a quarter of an hour is held at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import accumulate
from operator import itemgetter
from random import Random
from typing import Final

import yaml

from mainstay.simulation import identities, tokens
from mainstay.simulation.company import Account, Company, Machine, Person, Role, User
from mainstay.simulation.records import Caller, Json
from mainstay.simulation.rhythm import DAY, busy, count
from mainstay.simulation.sessions import assumption, machine_caller, machine_start, person_caller, whereabouts
from mainstay.simulation.shapes import Scope, Shape, made, shape

SLOT: Final = 900
Timed = tuple[float, Json]
Enter = Callable[[int], tuple[Caller, list[Timed]] | None]
"""Gives who acts at a second, with the records of his coming in; None if he is away."""


@dataclass(frozen=True, slots=True)
class Activity:
    """A string of calls; each is made up to so many times, with pauses of up to `gap` seconds."""

    gap: float
    calls: tuple[tuple[Shape, int], ...]

    @property
    def length(self) -> float:
        return sum((1 + most) / 2 for _, most in self.calls)


@dataclass(frozen=True, slots=True)
class Kind:
    activities: tuple[Activity, ...]
    weights: tuple[float, ...]
    length: float
    """How many calls an activity of this kind has on average."""


@cache
def kinds() -> Mapping[str, Kind]:
    text = (files("mainstay.simulation") / "activities.yaml").read_text(encoding="utf-8")
    found = {}
    for name, entries in yaml.safe_load(text).items():
        activities, often = [], []
        for entry in entries:
            parts = [call.partition("*") for call in entry["calls"]]
            activities.append(Activity(entry["gap"], tuple((shape(call), int(most or 1)) for call, _, most in parts)))
            often.append(float(entry["often"]))
        length = sum(a.length * o for a, o in zip(activities, often, strict=True)) / sum(often)
        found[name] = Kind(tuple(activities), tuple(accumulate(often)), length)
    return found


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody or something that acts day by day. `weight` is his part of all events."""

    kind: str
    account: Account
    weight: float
    curve: str
    enter: Enter
    offset: int = 0
    application: str = ""
    user: str = ""
    trouble: float = 0.002


class Background:
    """The ordinary days of a company, `events_per_day` on average."""

    def __init__(self, company: Company, events_per_day: int) -> None:
        self.company, self.events_per_day = company, events_per_day
        self.random = Random(f"{company.seed}:background")
        self._held: dict[str, tuple[int, Caller]] = {}
        self.actors = tuple(self._actors())
        self._scopes = {account.id: Scope(company, account, self.random) for account in company.accounts.values()}

    def records(self, start: int, end: int) -> Iterator[Timed]:
        """All records from second to second, in time order."""
        waiting: list[Timed] = []
        for slot in range(start, end, SLOT):
            if (slot - start) % DAY < SLOT:
                self._held = {key: held for key, held in self._held.items() if held[0] > slot - DAY}
            self._renew(slot, waiting)
            for second, number in sorted(self._due(slot)):
                self._act(self.actors[number], second, waiting)
            waiting.sort(key=itemgetter(0))
            until = slot + SLOT
            ready = next((number for number, (second, _) in enumerate(waiting) if second >= until), len(waiting))
            yield from (timed for timed in waiting[:ready] if timed[0] < end)
            del waiting[:ready]
        yield from (timed for timed in waiting if timed[0] < end)

    def _due(self, slot: int) -> Iterator[tuple[float, int]]:
        """When in a slot who acts; coming in takes a person three seconds."""
        for number, actor in enumerate(self.actors):
            height = busy(actor.curve, slot, actor.offset)
            mean = self.events_per_day * actor.weight * height * SLOT / DAY / kinds()[actor.kind].length
            for _ in range(count(self.random, mean)):
                yield slot + 3 + self.random.random() * (SLOT - 3), number

    def _renew(self, slot: int, out: list[Timed]) -> None:
        """Machines get new credentials when theirs are at their end."""
        for machine in self.company.machines:
            caller, began = machine_caller(self.company, machine, slot + SLOT - 1)
            if began >= slot:
                out.append((began, machine_start(self.company, self.random, machine, caller, began)))

    def _act(self, actor: Actor, second: float, out: list[Timed]) -> None:
        entered = actor.enter(int(second))
        if entered is None:
            return
        caller, start = entered
        out.extend(start)
        random = self.random
        kind = kinds()[actor.kind]
        activity = random.choices(kind.activities, cum_weights=kind.weights)[0]
        scope = self._scopes[actor.account.id]
        scope.application, scope.user = actor.application, actor.user
        region = caller.region
        for called, most in activity.calls:
            for _ in range(random.randint(1, most) if most > 1 else 1):
                second += random.random() * activity.gap
                error = trouble(called, caller, random) if random.random() < actor.trouble else None
                out.append((second, made(scope, called, int(second), caller, region, error=error)))

    def _actors(self) -> Iterator[Actor]:
        company = self.company
        total = sum(machine.weight for machine in company.machines)
        for machine in company.machines:
            yield Actor(
                machine.kind, machine.role.account, 0.66 * machine.weight / total, "shop", self._machine(machine),
                application=machine.application, user=machine.id, trouble=0.004,
            )  # fmt: skip
        for account in company.accounts.values():
            part = 1 / len(company.accounts)
            for region in company.regions:
                for name, weight, curve in (("scanner", 0.05, "steady"), ("monitoring", 0.05, "steady")):
                    yield Actor(
                        name, account, weight * part / 2, curve, self._outside(account, name, region), trouble=0.01
                    )
                yield Actor("backup", account, 0.03 * part / 2, "night", self._outside(account, "backup", region))
                yield Actor(
                    "config", account, 0.08 * part / 2, "steady", self._service(account, "config", "Config", region)
                )
                if account.purpose in ("production", "staging"):
                    yield Actor("autoscaling", account, 0.02 / 6, "shop",
                                self._service(account, "autoscaling", "AutoScaling", region))  # fmt: skip
            if account.purpose in ("production", "staging"):
                yield Actor("release", account, 0.03 / 3, "office", self._release(account), 1)
        for user in company.users:
            if user.calls:
                curve = "night" if user.calls in ("sync", "export") else "office"
                yield Actor(user.calls, user.account, 0.005, curve, self._user(user), user=user.name)
        for person in company.people:
            for role in person.roles:
                for name, part in _doings(person, role):
                    weight = 0.08 * part / len(company.people) / len(person.roles)
                    yield Actor(name, role.account, weight, "office", self._person(person, role, name), person.offset,
                                trouble=0.015)  # fmt: skip

    def _machine(self, machine: Machine) -> Enter:
        return lambda second: (machine_caller(self.company, machine, second)[0], [])

    def _for(self, key: str, hours: float, begin: Callable[[int], tuple[Caller, list[Timed]]]) -> Enter:
        def enter(second: int) -> tuple[Caller, list[Timed]]:
            began, caller = self._held.get(key, (0, None))
            if caller is not None and began <= second < began + hours * 3600:
                return caller, []
            caller, start = begin(second)
            self._held[key] = (second, caller)
            return caller, start

        return enter

    def _outside(self, account: Account, name: str, region: str) -> Enter:
        """A tool that comes by a role in every account: from the security account, or from a vendor's."""
        return self._for(f"{name}:{account.id}:{region}", 1, lambda second: tool_caller(
            self.company, self.random, name, account, region, second))  # fmt: skip

    def _service(self, account: Account, name: str, of: str, region: str) -> Enter:
        host = f"{name}.amazonaws.com"
        role = self.company.role(account, f"AWSServiceRoleFor{of}")

        def begin(second: int) -> tuple[Caller, list[Timed]]:
            key = account.key(self.random)
            identity = identities.role(role, of, second, key, invoked_by=host)
            del identity["accessKeyId"]
            service = Caller(identities.service(host), account.id, host, host, region)
            first = assumption(self.random, second, service, role, of, key, shared=tokens.uuid(self.random))
            return Caller(identity, account.id, host, host, region), [(second, first)]

        return self._for(f"{name}:{account.id}:{region}:service", 1, begin)

    def _release(self, account: Account) -> Enter:
        return self._for(f"release:{account.id}", 0.3, lambda second: pipeline_caller(
            self.company, self.random, account, second))  # fmt: skip

    def _user(self, user: User) -> Enter:
        address = user.network.address(Random(user.id))
        caller = Caller(identities.user(user), user.account.id, address, self.company.data["agents"]["user"],
                        self.company.regions[0])  # fmt: skip
        return lambda second: (caller, [])

    def _person(self, person: Person, role: Role, name: str) -> Enter:
        def begin(second: int) -> tuple[Caller, list[Timed]]:
            address = whereabouts(self.company, person, second) or ""
            return person_caller(
                self.company, self.random, person, role, second, address=address, console=name != "tool"
            )

        inner = self._for(f"{person.name}:{role.arn}:{name == 'tool'}", 8, begin)
        return lambda second: inner(second) if whereabouts(self.company, person, second) else None


def _doings(person: Person, role: Role) -> Iterator[tuple[str, float]]:
    """What a person does in an account, and how much of his time."""
    purpose = role.account.purpose
    if person.team == "security":
        yield "watch", 1.0
    elif person.team == "data" and purpose == "production":
        yield from (("query", 0.8), ("console", 0.2))
    elif purpose in ("management", "deployment", "security", "logs"):
        yield "administer", 0.3
    elif purpose == "sandbox":
        yield from (("play", 0.4), ("tool", 0.3), ("console", 0.3))
    else:
        yield from (("console", 0.7), ("tool", 0.3))


def tool_caller(
    company: Company, random: Random, name: str, account: Account, region: str, second: int
) -> tuple[Caller, list[Timed]]:
    """The session of a tool in an account: of the scanner and the backups from our own, of monitoring from outside."""
    names = {"scanner": "PostureScan", "monitoring": "DatapulseIntegration", "backup": "BackupKeeper"}
    role = company.role(account, names[name])
    home = company.accounts["security" if name == "scanner" else "deployment"]
    address = company.gateways[(home.name, company.regions[0])]
    agent = company.data["agents"][name]
    session = f"{name}-{account.id}" if name != "monitoring" else "DatapulseIntegration"
    key = account.key(random)
    caller = Caller(identities.role(role, session, second, key), account.id, address, agent, region)
    if name == "monitoring":
        address = Random(f"{company.seed}:{name}").choice((f"3.233.{company.seed % 200 + 20}.45", "18.200.120.237"))
        caller = Caller(caller.identity, account.id, address, agent, region)
        source = Caller(
            identities.foreign(company.vendor, Random(company.vendor)), company.vendor, address, agent, region
        )
    else:
        runner = company.role(home, f"{names[name]}Runner")
        source = Caller(
            identities.role(runner, session, second - second % 3600, home.key(Random(f"{second // 3600}:{name}"))),
            home.id,
            address,
            agent,
            region,
        )
    more = {"externalId": "d4t4pu1s3-0017"} if name == "monitoring" else {}
    shared = tokens.uuid(random)
    first: list[Timed] = [(second, assumption(random, second, source, role, session, key, more=more, shared=shared))]
    if name != "monitoring" and home is not account:
        first.append((second, assumption(random, second, source, role, session, key, account=home.id, shared=shared)))
    return caller, first


def pipeline_caller(company: Company, random: Random, account: Account, second: int) -> tuple[Caller, list[Timed]]:
    """A run of the pipeline: with its provider's token into the deployment account, from there into the target."""
    deployment, region = company.accounts["deployment"], company.regions[0]
    pipeline, deploy = company.role(deployment, "pipeline"), company.role(account, "Deploy")
    address = random.choice(company.pipeline_networks).address(random)
    provider = f"arn:aws:iam::{deployment.id}:oidc-provider/token.actions.githubusercontent.com"
    application = random.choice(company.data["applications"])
    subject = f"repo:{company.word}/{application}:ref:refs/heads/main"
    agent = company.data["agents"]["pipeline"]
    first_key, second_key = deployment.key(random), account.key(random)
    web = Caller(identities.web(provider, "sts.amazonaws.com", subject), deployment.id, address, agent, region)
    federated = {"federatedProvider": provider, "attributes": {}}
    middle = Caller(identities.role(pipeline, "GitHubActions", second, first_key, federated=federated), deployment.id,
                    address, agent, region)  # fmt: skip
    shared = tokens.uuid(random)
    start: list[Timed] = [
        (second, assumption(random, second, web, pipeline, "GitHubActions", first_key, name="AssumeRoleWithWebIdentity",
                                  answer={"subjectFromWebIdentityToken": subject, "provider": provider,
                                          "audience": "sts.amazonaws.com"})),
        (second, assumption(random, second, middle, deploy, "GitHubActions", second_key, account=deployment.id,
                                  shared=shared)),
        (second, assumption(random, second, middle, deploy, "GitHubActions", second_key, shared=shared)),
    ]  # fmt: skip
    identity = identities.role(deploy, "GitHubActions", second, second_key)
    return Caller(identity, account.id, address, company.data["agents"]["terraform"], region), start


def denied(called: Shape, caller: Caller) -> tuple[str, str]:
    """The refusal of a call, in the words of its service."""
    arn = caller.identity.get("arn", "")
    action = f"{called.service}:{called.name.split('2015')[0]}"
    if called.service == "ec2":
        return "Client.UnauthorizedOperation", (
            f"You are not authorized to perform this operation. User: {arn} is not authorized to perform: {action} "
            "because no identity-based policy allows the action"
        )
    reason = f"because no identity-based policy allows the {action} action"
    return "AccessDenied", f"User: {arn} is not authorized to perform: {action} {reason}"


def trouble(called: Shape, caller: Caller, random: Random) -> tuple[str, str]:
    """What goes wrong on an ordinary day: missing rights, too many calls, things that are not there."""
    drawn = random.random()
    if called.service == "s3" and drawn < 0.6 and called.data:
        return "NoSuchKey", "The specified key does not exist."
    if drawn < 0.45:
        return denied(called, caller)
    if called.service == "ec2":
        return "Client.RequestLimitExceeded", "Request limit exceeded."
    return "ThrottlingException", "Rate exceeded"
