"""Who is behind a session: temporary credentials that were had with temporary credentials, back to where it began."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from mainstay.engine.tracking import HOUR_US, MOST_ENTRIES, Entry, text_of, value_of
from mainstay.model.conditions import All, Test
from mainstay.model.detections import MICROSECONDS
from mainstay.model.events import Event

CALLS: Final = ("AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity", "AssumeRoot", "GetSessionToken",
                "GetFederationToken")  # fmt: skip
is_handing_out: Final = All(
    (
        Test(("eventSource",), "equals", ("sts.amazonaws.com",)),
        Test(("eventName",), "equals", CALLS),
        Test(("responseElements", "credentials", "accessKeyId"), "exists", (True,)),
    )
)
"""Of CloudTrail's records: a session is handed out."""

LIFETIME_US: Final = 12 * HOUR_US
"""How long a session is taken to last whose end is not known."""

EPOCH: Final = datetime(1970, 1, 1)
LONGEST: Final = 32
"""How many principals of a way are remembered: its beginning, and the last ones."""


@dataclass(frozen=True, slots=True)
class Session:
    """Credentials, and the principals on the way to them: the one that began first, the session's own last."""

    expires_us: int
    way: tuple[str, ...]


class Chains:
    """Learns sessions from the successes of AssumeRole*, GetSessionToken and GetFederationToken.

    A session is found by its access key, and by its ARN where an event has no temporary key; two sessions of one ARN
    are then one, the later. Its way is worked out when it begins, so that nothing is followed in circles: what comes
    back to a principal that is on its way already has only come so far. With `kept`, changes are noted for `changes`.
    """

    def __init__(self, *, kept: bool = False, most: int = MOST_ENTRIES) -> None:
        self.dropped = 0
        self._most = most
        self._sessions: dict[str, Session] = {}  # by access key id and by ARN
        self._ends: list[tuple[int, str]] = []  # a heap; may hold ends that were put off since
        self._changed: dict[str, None] | None = {} if kept else None

    def __len__(self) -> int:
        return len(self._sessions)

    def learn(self, event: Event) -> None:
        """A record of CloudTrail of which `is_handing_out` holds."""
        answer, caller = _record(event.fields.get("responseElements")), _record(event.fields.get("userIdentity"))
        credentials = _record(answer.get("credentials"))
        whose = _record(answer.get("assumedRoleUser")) or _record(answer.get("federatedUser"))
        caller_arn = _text(caller.get("arn")) or _text(caller.get("userName")) or _text(caller.get("principalId"))
        self.begin(
            event.time_us,
            _text(credentials.get("accessKeyId")),
            _text(whose.get("arn")) or caller_arn,
            caller_arn,
            _text(caller.get("accessKeyId")),
            _expiration(_text(credentials.get("expiration"))),
        )

    def begin(
        self,
        time_us: int,
        access_key: str,
        session_arn: str,
        caller_arn: str,
        caller_key: str = "",
        expires_us: int | None = None,
    ) -> None:
        """A new session: its access key id and ARN, and who asked for it with which key. The same one again changes
        nothing."""
        if not caller_arn or not session_arn:
            return
        self._forget(time_us)
        if access_key and access_key in self._sessions:
            return
        way = self.way(caller_key, caller_arn, time_us)
        way = way[: way.index(session_arn) + 1] if session_arn in way else (*way, session_arn)
        if len(way) > LONGEST:
            way = (way[0], *way[1 - LONGEST :])
        session = Session(time_us + LIFETIME_US if expires_us is None else expires_us, way)
        for name in {access_key, session_arn} - {"", caller_arn}:
            self._sessions[name] = session
            heapq.heappush(self._ends, (session.expires_us, name))
            self._note(name)
        while len(self._sessions) > self._most:
            self.dropped += self._end_first()

    def origin(self, access_key: str, principal_arn: str, time_us: int | None = None) -> tuple[str, int]:
        """Who began, and over how many sessions it came here: (`principal_arn`, 0) where nothing is known.

        Without a time, sessions end when a later one is learnt.
        """
        way = self.way(access_key, principal_arn, time_us)
        return way[0], len(way) - 1

    def way(self, access_key: str, principal_arn: str, time_us: int | None = None) -> tuple[str, ...]:
        """The principals from the one who began to `principal_arn`."""
        for name in (access_key, "" if access_key.startswith("AKIA") else principal_arn):
            session = self._sessions.get(name)
            if session is not None and (time_us is None or session.expires_us > time_us):
                return session.way
        return (principal_arn,)

    def changes(self) -> Iterator[tuple[str, str | None]]:
        """One entry a session's name."""
        changed, self._changed = self._changed or {}, None if self._changed is None else {}
        for name in changed:
            session = self._sessions.get(name)
            yield text_of(name), text_of([session.expires_us, session.way]) if session else None

    def load(self, entries: Iterable[Entry]) -> None:
        """Takes over what `changes` gave."""
        for name, written in entries:
            expires_us, way = value_of(written)
            self._sessions[value_of(name)] = Session(expires_us, way)
        self._ends = [(session.expires_us, name) for name, session in self._sessions.items()]
        heapq.heapify(self._ends)

    def _forget(self, time_us: int) -> None:
        while self._ends and self._ends[0][0] <= time_us:
            self._end_first()

    def _end_first(self) -> int:
        """Forgets the session that ends first; 0 where its name has a later one by now."""
        expires_us, name = heapq.heappop(self._ends)
        session = self._sessions.get(name)
        if session is None or session.expires_us != expires_us:
            return 0
        del self._sessions[name]
        self._note(name)
        return 1

    def _note(self, name: str) -> None:
        if self._changed is not None:
            self._changed[name] = None


def _record(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _expiration(written: str) -> int | None:
    """The time in microseconds, as CloudTrail writes it: `Nov 23, 2026, 9:58:35 PM`, or in ISO 8601."""
    for read in (datetime.fromisoformat, _american):
        try:
            moment = read(written)
        except ValueError:
            continue
        return int((moment.replace(tzinfo=None) - EPOCH).total_seconds()) * MICROSECONDS
    return None


def _american(written: str) -> datetime:
    return datetime.strptime(written.replace("\u202f", " "), "%b %d, %Y, %I:%M:%S %p")
