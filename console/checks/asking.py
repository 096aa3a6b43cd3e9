"""The names of all facts, as constructors: what each takes, and what its value is when known.

The engine's fact book answers them (`console.incident`); the drill fills the same ones.
"""

from __future__ import annotations

from console.model.action import Right
from console.model.facts import Ask


def an_object(kind: str, namespace: str, name: str) -> Ask:
    """The pruned object (`console.model.objects`), or None when the watch is live and it is not there."""
    return Ask("object", (kind, namespace, name))


def objects(kind: str, namespace: str = "") -> Ask:
    """Tuple of pruned objects of a kind, in one namespace or all. Unknown while the watch is not live."""
    return Ask("objects", (kind, namespace))


def notable_pods() -> Ask:
    """Tuple of pruned pods, not ended, that are static, on their host's network or have a host port."""
    return Ask("notable_pods")


def siblings() -> Ask:
    """Tuple of `namespace/name` of pods not affected that share owner, account or image with one that is."""
    return Ask("siblings")


def running(image: str) -> Ask:
    """Tuple of `namespace/name` of pods, not ended, with a container whose image id holds this text (a digest)."""
    return Ask("running", (image,))


def allowed(user: str, right: Right, groups: tuple[str, ...] = ()) -> Ask:
    """bool: SubjectAccessReview. Probed, kept 30 s, longer while it stays the same and no role or binding changes."""
    return Ask(
        "allowed", (user, ",".join(groups), right.verb, right.group, right.resource, right.namespace, right.name)
    )


def token_secrets(namespace: str, account: str) -> Ask:
    """Tuple of (secret name, invalid-since label or "") of legacy token Secrets of an account. Probed as metadata, kept
    30 s. Account "" is all accounts of the namespace (then named `namespace/name`), namespace "" the whole cluster."""
    return Ask("token_secrets", (namespace, account))


def open_streams(user: str) -> Ask:
    """Tuple of (audit id, verb, `namespace/pod` or resource, subresource, started) still open, from audit."""
    return Ask("open_streams", (user,))


def calls_since(user: str, since: float) -> Ask:
    """Number of audit events by a user with a status below 400 after `since` (epoch seconds)."""
    return Ask("calls_since", (user, repr(since)))


def evidence(kind: str, uid: str) -> Ask:
    """Tuple of sha256 of captures of a kind of one object incarnation; () when there are none."""
    return Ask("evidence", (kind, uid))


def affected(kind: str) -> Ask:
    """Tuple of `ResourceRef` of a kind in the affected set (pane 2); kind "" is every kind."""
    return Ask("affected", (kind,))


def recorded(topic: str) -> Ask:
    """Tuple of (value, seat, at) of statements on a topic, oldest first."""
    return Ask("recorded", (topic,))


def journal(tag: str) -> Ask:
    """Number of journal entries of a type."""
    return Ask("journal", (tag,))


def undo_debt() -> Ask:
    """Number of open lines in the undo register."""
    return Ask("undo_debt")


def findings(floor: str, source: str = "", rule: str = "") -> Ask:
    """(total, acknowledged) of findings at or above a severity, of one source or all, of one rule or all."""
    return Ask("findings", (floor, source, rule) if rule else (floor, source))


def source(name: str) -> Ask:
    """`SourceHealth` of a source (`audit`, `prometheus`, `watch`); Unknown when none is configured.

    Of several (`audit`, `audit:2`) it is the worst one: an incident seen by half its API servers is half seen.
    """
    return Ask("source", (name,))


def metric(query: str) -> Ask:
    """Tuple of `Measure` of a shipped query; Unknown when the metric is absent (never zero)."""
    return Ask("metric", (query,))


def missed(kind: str, uid: str) -> Ask:
    """Tuple of reasons why captures of a kind of one object incarnation failed; () when none did."""
    return Ask("missed", (kind, uid))


def declared() -> Ask:
    """(name, severity or "", epoch seconds) of the declaration, or None while undeclared."""
    return Ask("declared")


def chain() -> Ask:
    """What is wrong with the journal's hash chain, "" when intact."""
    return Ask("chain")


def echo() -> Ask:
    """Epoch seconds of the newest request of our own that came back through the audit source: the canary."""
    return Ask("echo")


def groups(user: str) -> Ask:
    """Tuple of the groups a user was seen with in the audit record; a service account's own are known without it."""
    return Ask("groups", (user,))


def items(phase: str) -> Ask:
    """Tuple of (item id, state, epoch seconds since when) of a phase, "" for all. For gates; the checklist fills it."""
    return Ask("items", (phase,))


def callers(since: float) -> Ask:
    """Tuple of the addresses whose requests reached the API server after `since`, as the audit record has them."""
    return Ask("callers", (repr(since),))


def silence(marker: str) -> Ask:
    """`Silence` whose comment holds the marker, or None when Alertmanager has none. Probed, by its id."""
    return Ask("silence", (marker,))


def alert(fingerprint: str) -> Ask:
    """`Firing` of that fingerprint, silenced or not, or None when it has ended. Probed."""
    return Ask("alert", (fingerprint,))


def touched(user: str, since: float) -> Ask:
    """Tuple of (API group, resource, namespace, name or "") a user wrote, opened or (Secrets) read after `since`."""
    return Ask("touched", (user, repr(since)))
