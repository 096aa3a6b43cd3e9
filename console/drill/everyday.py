"""Everyday life on the cluster: what people and machines do anyway, so that the attacker is not alone in the log."""

from __future__ import annotations

import heapq
from random import Random

from console.drill.callers import Caller, account_groups, account_user
from console.drill.resources import kind_named
from console.drill.scenario import Habit, Person, Scenario
from console.drill.server import SimServer
from console.ports.cluster import Request


class Everyday:
    """All habits of a scenario, each at its own beat from `start` (epoch seconds)."""

    def __init__(self, server: SimServer, scenario: Scenario, start: float, random: Random) -> None:
        self._server = server
        self._people = scenario.people
        self._random = random
        self._due: list[tuple[float, int, Habit]] = []
        for index, habit in enumerate(scenario.everyday):
            heapq.heappush(self._due, (start + random.random() * habit.every, index, habit))

    def due(self) -> float | None:
        """When the next habit is due."""
        return self._due[0][0] if self._due else None

    def tick(self) -> None:
        """Do what is due by now."""
        now = self._server.now()
        while self._due and self._due[0][0] <= now:
            at, index, habit = heapq.heappop(self._due)
            beat = habit.every * (0.8 + 0.4 * self._random.random())
            heapq.heappush(self._due, (at + beat, index, habit))
            path = kind_named(habit.kind).path(habit.namespace, habit.name)
            self._server.send(self._caller(self._people[habit.who]), Request("GET", path))

    def _caller(self, person: Person) -> Caller:
        if not person.account:
            return Caller(person.user, person.groups, ip=person.ip, agent=person.agent)
        namespace, _, name = person.account.partition("/")
        account = self._server.store.get("ServiceAccount", namespace, name)
        uid = account["metadata"]["uid"] if account else ""
        user = account_user(namespace, name)
        return Caller(user, account_groups(namespace), uid, ip=person.ip, agent=person.agent)
