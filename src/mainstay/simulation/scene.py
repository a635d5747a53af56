"""What a program of an attack or a decoy gets: the company, a clock, and ways to let somebody call."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from mainstay.simulation import identities, tokens
from mainstay.simulation.background import Timed, denied, pipeline_caller, tool_caller
from mainstay.simulation.company import Account, Company, Machine, Person, Role, User
from mainstay.simulation.network_logs import Flow, Query
from mainstay.simulation.places import Network
from mainstay.simulation.records import Caller, Json, sign_in
from mainstay.simulation.rhythm import DAY, weekday
from mainstay.simulation.sessions import assumption, machine_caller, person_caller, whereabouts
from mainstay.simulation.shapes import Scope, made, shape

ADMINISTRATION = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
)


@dataclass(slots=True)
class Scene:
    """One incident while it is played. `now` moves on with every call."""

    company: Company
    random: Random
    now: float
    account: Account
    records: list[Timed] = field(default_factory=list)
    principals: dict[str, None] = field(default_factory=dict)
    flows: list[Flow] = field(default_factory=list)
    queries: list[Query] = field(default_factory=list)
    hurry: float = 1.0
    """How slowly it is done: the pauses are multiplied by it."""

    @property
    def region(self) -> str:
        return self.company.regions[0]

    @property
    def second(self) -> int:
        return int(self.now)

    def wait(self, least: float, most: float) -> None:
        self.now += self.random.uniform(least, most) * self.hurry

    def call(
        self,
        caller: Caller,
        name: str,
        parameters: Json | None = None,
        response: Json | None = None,
        *,
        region: str | None = None,
        error: tuple[str, str] | None = None,
        extra: Json | None = None,
        wait: tuple[float, float] = (1, 15),
        **words: Any,
    ) -> Json:
        """Lets somebody call; what is not given comes from the table of calls, where `words` stand for its words."""
        account = self.company_account(caller.account)
        scope = Scope(self.company, account, self.random)
        scope.values.update(words)
        scope.values["request"] = request = tokens.uuid(self.random)
        given: Json = {}
        if parameters is not None:
            given = {"parameters": parameters, "response": response}
            if name.startswith("ec2:"):
                given["response"] = {"requestId": request} | (response or {"_return": True})
        if name.startswith("s3:") and extra is None and parameters is not None:
            extra = self.of_s3()
        of = shape(name)
        record = made(scope, of, self.second, caller, region or caller.region, error=error, extra=extra, **given)
        self.add(record, caller)
        self.wait(*wait)
        return record

    def refused(self, caller: Caller, name: str, parameters: Json | None = None, *, region: str | None = None) -> None:
        """A call for which the caller has no right."""
        self.call(caller, name, parameters, region=region, error=denied(shape(name), caller))

    def add(self, record: Json, caller: Caller | None = None) -> None:
        self.records.append((self.now, record))
        if caller is not None:
            self.principals[caller.arn] = None

    def of_s3(self, outward: int = 0, inward: int = 0) -> Json:
        return {"SignatureVersion": "SigV4", "CipherSuite": "TLS_AES_128_GCM_SHA256", "bytesTransferredIn": inward,
                "AuthenticationMethod": "AuthHeader", "x-amz-id-2": tokens.host_id(self.random),
                "bytesTransferredOut": outward}  # fmt: skip

    def company_account(self, account_id: str) -> Account:
        return next((a for a in self.company.accounts.values() if a.id == account_id), self.account)

    def thing(self, kind: str) -> Any:
        return self.random.choice(self.account.things[kind])

    def some(self, kind: str, most: int) -> list[Any]:
        things = self.account.things[kind]
        return self.random.sample(things, min(most, len(things)))

    def stranger(self) -> str:
        """The id of an account that is not ours."""
        return tokens.digits(self.random, 12)

    # who acts

    def bad_network(self) -> Network:
        return self.company.places.somewhere(self.random)

    def attack_tool(self) -> str:
        return str(self.random.choice(self.company.data["attack_tools"]))

    def user(self, *, calls: bool = True) -> User:
        users = [user for user in self.company.users if bool(user.calls) is calls]
        return self.random.choice(users)

    def person(self, *teams: str) -> Person:
        return self.random.choice([p for p in self.company.people if not teams or p.team in teams])

    def role_of(self, person: Person, account: Account | None = None) -> Role:
        """The role of a person in an account, or else in one of his."""
        roles = [role for role in person.roles if role.account is (account or self.account)]
        return self.random.choice(roles or list(person.roles))

    def thief(self, user: User | None = None) -> tuple[Caller, User]:
        """Somebody with the stolen key of a user, at a network where it was never used."""
        user = user or self.user()
        self.account = user.account
        address = self.bad_network().address(self.random)
        return Caller(identities.user(user), user.account.id, address, self.attack_tool(), self.region), user

    def hijacker(self) -> tuple[Caller, Person]:
        """Somebody who took over the session of an administrator, from a network of his own."""
        person = self.person("platform")
        roles = [role for role in person.roles if role.account is self.account] or list(person.roles)
        role = self.random.choice(roles)
        self.account = role.account
        caller, start = person_caller(
            self.company, self.random, person, role, self.second, address=self.bad_network().address(self.random),
            console=False,
        )  # fmt: skip
        if self.random.random() < 0.5:
            caller = replace(caller, agent=self.attack_tool())
        self._came(start, caller)
        return caller, person

    def intruder(self) -> Caller:
        """Any of those, whom the attack's story does not depend on."""
        if self.random.random() < 0.5:
            return self.hijacker()[0]
        return self.outside_of_machine()[0]

    def outside_of_machine(self, *kinds: str) -> tuple[Caller, Machine]:
        """The credentials that a machine holds at this moment, used at another place."""
        machines = [m for m in self.company.machines if not kinds or m.kind in kinds]
        here = [m for m in machines if m.role.account is self.account] or machines
        machine = self.random.choice(here)
        self.account = machine.role.account
        held, _ = machine_caller(self.company, machine, self.second)
        address = self.bad_network().address(self.random)
        return replace(held, address=address, agent=self.attack_tool(), endpoint=None), machine

    def inside_machine(self, *kinds: str) -> tuple[Caller, Machine]:
        """Somebody who runs commands on a machine: address and credentials are the machine's."""
        machines = [m for m in self.company.machines if (not kinds or m.kind in kinds)]
        here = [m for m in machines if m.role.account is self.account] or machines
        machine = self.random.choice(here)
        self.account = machine.role.account
        held, _ = machine_caller(self.company, machine, self.second)
        return replace(held, agent=self.attack_tool()), machine

    def coming(self, person: Person, *, account: Account | None = None, console: bool = True, address: str = "",
               mfa: bool = True) -> Caller:  # fmt: skip
        """A person signs in, from where he works today unless an address is given."""
        role = self.role_of(person, account)
        self.account = role.account
        place = address or whereabouts(self.company, person, self.second) or person.home.address(self.random)
        caller, start = person_caller(
            self.company, self.random, person, role, self.second, address=place, console=console, mfa=mfa
        )
        self._came(start, caller)
        return caller

    def pipeline(self) -> Caller:
        caller, start = pipeline_caller(self.company, self.random, self.account, self.second)
        self._came(start, caller)
        return caller

    def tool(self, name: str) -> Caller:
        caller, start = tool_caller(self.company, self.random, name, self.account, self.region, self.second)
        self._came(start, caller)
        return caller

    def _came(self, start: Sequence[Timed], caller: Caller) -> None:
        self.records.extend(start)
        self.principals[caller.arn] = None
        self.now += 4

    def login(
        self, user: User, address: str, *, agent: str | None = None, failed: bool = False, mfa: bool = True
    ) -> Caller:
        """A user at the console; the session that he then has."""
        agent = agent or self.random.choice(self.company.data["browsers"])
        session = identities.user(user, key=user.account.key(self.random), session=self.second, mfa=mfa)
        shown = {key: value for key, value in session.items() if key not in ("accessKeyId", "sessionContext")}
        if failed:
            shown |= {"accessKeyId": ""}
            shown.pop("arn")
        record = sign_in(
            self.random, self.second, shown, user.account.id, address, agent, region=self.region,
            failed="Failed authentication" if failed else None, mfa=user.mfa if mfa and not failed else None,
        )  # fmt: skip
        caller = Caller(session, user.account.id, address, agent, self.region, console=True)
        self.add(record, caller)
        self.wait(1, 4)
        return caller

    def assume(self, caller: Caller, role: Role, session: str) -> Caller:
        """Changes into a role, as both accounts log it."""
        key = role.account.key(self.random)
        shared = tokens.uuid(self.random)
        self.add(assumption(self.random, self.second, caller, role, session, key, shared=shared), caller)
        if caller.account != role.account.id:
            self.add(
                assumption(self.random, self.second, caller, role, session, key, account=caller.account, shared=shared)
            )
        identity = identities.role(role, session, self.second, key)
        self.wait(2, 20)
        return Caller(identity, role.account.id, caller.address, caller.agent, caller.region)

    def to_hour(self, first: float, last: float, *, workday: bool = True) -> None:
        """Moves the clock on to some time between two hours (UTC), of a working day if asked."""
        day = self.second // DAY
        at = day * DAY + self.random.uniform(first, last) * 3600
        if at < self.now:
            at += DAY
        while workday and weekday(int(at)) > 4:
            at += DAY
        self.now = at
