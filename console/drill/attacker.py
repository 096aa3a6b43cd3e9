"""The attacker: plays a plan, misses what he loses, and comes back with whatever was left to him.

In: the scenario's enemy and the simulated API server. Out: requests as a thief sends them, and `Deed`s, his side of
the story. He sees what a thief sees: answers to his requests, and whether his own processes still call home. He never
looks at what the responder does.

- Plans come in order of time; a move that is denied is tried with every other key he holds.
- What he runs and loses he starts again, under another name and in another namespace, while any key lets him.
- When no key opens anything and nothing of his runs for a while, he gives up.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import msgspec

from console.drill.callers import Token, account_user
from console.drill.controllers.pods import controller_of
from console.drill.network import is_cut_off
from console.drill.resources import Body, api_version, kind_named
from console.drill.scenario import Enemy, Move
from console.drill.selectors import by_labels
from console.drill.server import SimServer
from console.ports.cluster import Reply, Request

_TRIES = 6
"""How often he starts something again before he leaves it."""


class Deed(msgspec.Struct, frozen=True):
    """One line of the attacker's story."""

    at: float
    """Epoch seconds."""
    what: str
    """`move`, `denied`, `lost`, `returned` (a controller did it for him), `reentry` (he did), `over`."""
    says: str
    move: str = ""
    key: str = ""


class Key(msgspec.Struct):
    """A credential in his hands."""

    name: str
    token: Token
    opens: bool = True
    """Whether anything was allowed at the last try."""


class Foothold(msgspec.Struct):
    """Something of his that runs code."""

    move: str
    kind: str
    namespace: str
    name: str
    uid: str
    seen: set[str] = msgspec.field(default_factory=set)
    """uids of its pods so far."""
    lost: set[str] = msgspec.field(default_factory=set)
    dark_since: float | None = None
    tries: int = 0
    replaced: bool = False


class Attacker:
    """One attacker on one cluster. `tick` lets him look and act once."""

    def __init__(self, server: SimServer, enemy: Enemy, opened: float, random: Random) -> None:
        self._server = server
        self._enemy = enemy
        self._opened = opened
        self._random = random
        self._pending = sorted(enemy.moves, key=lambda move: move.after)
        self._names = list(enemy.names)
        self._probed = opened
        self._idle_since: float | None = None
        self.keys: dict[str, Key] = {"stolen": Key("stolen", self._steal())}
        self.footholds: list[Foothold] = []
        self.deeds: list[Deed] = []
        self.over = ""
        """`gave up` or `won`, "" while he goes on."""

    def _steal(self) -> Token:
        namespace, _, name = self._enemy.stolen.account.partition("/")
        account = self._server.store.get("ServiceAccount", namespace, name)
        uid = account["metadata"]["uid"] if account else ""
        return Token(namespace, name, uid, "stolen", secret=self._enemy.stolen.secret)

    def due(self) -> float | None:
        """When the next planned move is due (epoch seconds), None when there is none."""
        return self._opened + self._pending[0].after if self._pending else None

    def tick(self) -> None:
        """Look around, play what is due, react."""
        now = self._server.now()
        while not self.over and self._pending and self._opened + self._pending[0].after <= now:
            self._play(self._pending.pop(0))
        if self.over or now < self._opened:
            self._look(now)
            return
        self._look(now)
        self._return(now)
        self._probe(now)
        self._consider(now)

    # Moves

    def _play(self, move: Move) -> None:
        done = self._with_any_key(move.key, lambda key: self._do(move, key))
        if done is None:
            self._tell("denied", f"wants to, but may not: {move.says}", move.id)
            return
        self._tell("move", move.says, move.id, done)
        if move.goal:
            self._end("won", f"has what he wanted: {move.says}")

    def _with_any_key(self, first: str, act: Callable[[Key], bool]) -> str | None:
        """Name of the key with which `act` worked."""
        keys = sorted(self.keys.values(), key=lambda key: key.name != first)
        for key in keys:
            if act(key):
                key.opens = True
                return key.name
        return None

    def _do(self, move: Move, key: Key) -> bool:
        if move.verb == "create":
            return self._create(move, key, move.namespace, "") is not None
        if move.verb == "mint":
            return self._mint(move, key)
        if move.verb == "exec":
            return self._shell(move, key)
        if move.verb == "review":
            path = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"
            body: Body = {"kind": "SelfSubjectRulesReview", "apiVersion": "authorization.k8s.io/v1"}
            return self._send(key, "POST", path, body | {"spec": {"namespace": move.namespace}}).status == 201
        method = "DELETE" if move.verb in ("delete", "wipe") else "GET"
        path = kind_named(move.kind).path(move.namespace, move.name)
        return self._send(key, method, path).status == 200

    def _create(self, move: Move, key: Key, namespace: str, name: str) -> Foothold | None:
        template = self._enemy.objects[move.object]
        kind = kind_named(template["kind"])
        body: Body = {"apiVersion": api_version(kind), **msgspec.to_builtins(template)}
        if name:
            body = _renamed(body, template["metadata"]["name"], name)
        reply = self._send(key, "POST", kind.path(namespace), body)
        if reply.status != 201:
            return None
        made = reply.json()["metadata"]
        foothold = Foothold(move.id, kind.kind, made.get("namespace", ""), made["name"], made["uid"])
        if move.foothold:
            self.footholds.append(foothold)
        return foothold

    def _mint(self, move: Move, key: Key) -> bool:
        namespace, _, name = move.account.partition("/")
        path = kind_named("ServiceAccount").path(namespace, name, "token")
        body = {
            "kind": "TokenRequest",
            "apiVersion": "authentication.k8s.io/v1",
            "spec": {"expirationSeconds": 31_536_000},
        }
        reply = self._send(key, "POST", path, body)
        if reply.status != 201:
            return False
        uid = reply.json()["metadata"]["uid"]
        self.keys["minted"] = Key("minted", Token(namespace, name, uid, f"minted-{uid[:8]}"))
        return True

    def _shell(self, move: Move, key: Key) -> bool:
        fits = by_labels(move.labels)
        pods = [pod for pod in self._server.store.all("Pod", move.namespace) if fits(pod)]
        if not pods:
            return False
        pod = self._random.choice(pods)
        query = [("command", word) for word in move.command]
        query += [("container", pod["spec"]["containers"][0]["name"]), ("stdin", "true"), ("stdout", "true")]
        path = kind_named("Pod").path(move.namespace, pod["metadata"]["name"], "exec")
        return self._send(key, "GET", path, query=tuple(query)).status == 101

    def _send(
        self, key: Key, method: str, path: str, body: Body | None = None, query: tuple[tuple[str, str], ...] = ()
    ) -> Reply:
        data = b"" if body is None else msgspec.json.encode(body)
        request = Request(method, path, query, data)
        origin = self._enemy.origin
        return self._server.send(key.token, request, origin.ip, origin.agent)

    # What he sees of his own

    def _look(self, now: float) -> None:
        for foothold in self.footholds:
            alive = self._alive(foothold)
            fresh = alive - foothold.seen
            if fresh and foothold.lost and not foothold.replaced and foothold.kind != "CronJob":
                foothold.lost.clear()
                self._tell("returned", f"{_called(foothold)} is back: its owner was not stopped", foothold.move)
            foothold.lost |= foothold.seen - alive
            foothold.seen |= alive
            foothold.seen -= foothold.lost if foothold.kind == "CronJob" else set()
            if alive or self._comes_by_itself(foothold):
                foothold.dark_since = None
            elif foothold.dark_since is None and foothold.seen | foothold.lost:
                foothold.dark_since = now

    def _alive(self, foothold: Foothold) -> set[str]:
        """uids of its pods that run and still reach him."""
        found = set()
        for pod in self._server.store.all("Pod", foothold.namespace):
            metadata = pod["metadata"]
            is_his = metadata["uid"] in foothold.seen or foothold.uid in self._owners(pod)
            runs = pod.get("status", {}).get("phase") == "Running" and "deletionTimestamp" not in metadata
            if is_his and runs and not is_cut_off(self._server.store, pod):
                found.add(metadata["uid"])
        return found

    def _owners(self, obj: Body) -> set[str]:
        """uids of the object and of its controllers, up to the top."""
        found = {obj["metadata"]["uid"]}
        for _ in range(4):
            owner = controller_of(obj)
            if owner is None:
                break
            found.add(owner["uid"])
            above = self._server.store.get(owner["kind"], obj["metadata"]["namespace"], owner["name"])
            if above is None:
                break
            obj = above
        return found

    def _comes_by_itself(self, foothold: Foothold) -> bool:
        if foothold.kind != "CronJob":
            return False
        found = self._server.store.get("CronJob", foothold.namespace, foothold.name)
        return found is not None and found["metadata"]["uid"] == foothold.uid and not found["spec"].get("suspend")

    # Reactions

    def _return(self, now: float) -> None:
        """Start again what has been dark for long enough."""
        for foothold in tuple(self.footholds):
            dark = foothold.dark_since
            if foothold.replaced or dark is None or now - dark < self._enemy.patience:
                continue
            if foothold.tries >= _TRIES:
                continue
            if not foothold.tries:
                self._tell("lost", f"has lost {_called(foothold)}", foothold.move)
            foothold.tries += 1
            foothold.dark_since = now
            self._start_again(foothold)

    def _start_again(self, old: Foothold) -> None:
        move = next(each for each in self._enemy.moves if each.id == old.move)
        name = self._names[len([each for each in self.footholds if each.replaced]) % len(self._names)]
        elsewhere = [place for place in self._enemy.hideouts if place != old.namespace] + [old.namespace]
        for namespace in elsewhere:
            made: list[Foothold] = []

            def act(key: Key, namespace: str = namespace, made: list[Foothold] = made) -> bool:
                found = self._create(move, key, namespace, name)
                made += [found] if found else []
                return found is not None

            key = self._with_any_key("stolen", act)
            if key is not None:
                old.replaced = True
                self._tell("reentry", f"starts again as {_called(made[0])} with {self._whose(key)}", move.id, key)
                return

    def _probe(self, now: float) -> None:
        """Try every key in every place, now and then."""
        if now - self._probed < self._enemy.probe.every:
            return
        self._probed = now
        probe = self._enemy.probe
        for key in self.keys.values():
            did = key.opens
            places = dict.fromkeys((probe.namespace, key.token.namespace, *self._enemy.hideouts))
            key.opens = any(
                self._send(key, "GET", kind_named(probe.kind).path(place)).status == 200 for place in places
            )
            if did and not key.opens:
                self._tell("lost", f"finds that {self._whose(key.name)} opens nothing any more", key=key.name)

    def _consider(self, now: float) -> None:
        """Give up when nothing opens and nothing runs."""
        runs = any(self._alive(each) or self._comes_by_itself(each) for each in self.footholds)
        if runs or any(key.opens for key in self.keys.values()) or not self.footholds:
            self._idle_since = None
        elif self._idle_since is None:
            self._idle_since = now
        elif now - self._idle_since >= self._enemy.gives_up:
            self._end("gave up", "gives up: no key opens anything, and nothing of his runs")

    def left(self) -> list[str]:
        """What he still has, in words."""
        running = [f"{_called(each)} runs" for each in self.footholds if self._alive(each)]
        coming = [f"{_called(each)} is not suspended" for each in self.footholds if self._comes_by_itself(each)]
        keys = [f"{self._whose(key.name)} still opens something" for key in self.keys.values() if key.opens]
        return [*running, *coming, *keys]

    def _whose(self, key: str) -> str:
        token = self.keys[key].token
        return f"the token of {account_user(token.namespace, token.account)}"

    def _end(self, how: str, says: str) -> None:
        self.over = how
        self._tell("over", says)

    def _tell(self, what: str, says: str, move: str = "", key: str = "") -> None:
        self.deeds.append(Deed(self._server.now(), what, says, move, key))


def _called(foothold: Foothold) -> str:
    return f"{foothold.kind} {foothold.namespace}/{foothold.name}"


def _renamed(body: Body, old: str, new: str) -> Body:
    """The object under another name, in its labels and selector too."""
    text = msgspec.json.encode(body).decode()
    renamed: Body = msgspec.json.decode(text.replace(f'"{old}"', f'"{new}"'))
    return renamed
