"""Whether a user has streams open: exec, attach, port-forward and watches are authorized once, then they go on.

In: what the audit record shows as started and not completed. Streams opened straight at a kubelet are not in it.
"""

from __future__ import annotations

from console.checks import asking
from console.checks.base import check
from console.model.facts import Unknown
from console.model.ref import ResourceRef
from console.model.verdict import Verdict
from console.policy.rbac import account_user
from console.ports.facts import Facts

INTO_PODS = ("exec", "attach", "portforward")
LIMITS = (
    "streams opened straight at a kubelet, or before the audit record begins; none shows where the audit policy leaves "
    "out the stage ResponseStarted",
    "a process that was started inside a pod and runs on without its stream",
)
Stream = tuple[str, str, str, str, float]
"""Audit id, verb, `namespace/pod` or resource, subresource, epoch seconds of the start."""


def user_of(target: ResourceRef) -> str:
    """The user name behind a target."""
    return account_user(target.namespace, target.name) if target.kind == "ServiceAccount" else target.name


def into_pods(streams: tuple[Stream, ...]) -> list[Stream]:
    """Streams that end with their pod."""
    return [stream for stream in streams if stream[3] in INTO_PODS]


def words(stream: Stream) -> str:
    """`exec shop/web` or `watch secrets`."""
    _, verb, what, sub, _ = stream
    return f"{sub or verb} {what}" if sub in INTO_PODS else f"{verb} {what} {sub}".rstrip()


def closed(facts: Facts, user: str) -> Verdict:
    """No stream into a pod is open; watches that are open are residual."""
    fact = facts.get(asking.open_streams(user))
    if isinstance(fact, Unknown):
        return Verdict(None, f"streams of {user}: {fact.why}", limits=LIMITS)
    inside = into_pods(fact.value)
    watches = tuple(
        f"{words(one)} stays open: only its client or a restart of each API server ends it"
        for one in fact.value
        if one not in inside
    )
    if inside:
        shown = ", ".join(words(one) for one in inside[:5])
        return Verdict(False, f"{len(inside)} streams into pods are open: {shown}", watches, limits=LIMITS, at=fact.at)
    return Verdict(True, f"no stream of {user} into a pod is open", watches, limits=LIMITS, at=fact.at)


@check("streams.closed", "open_streams", about="User")
def streams_closed(facts: Facts, target: ResourceRef) -> Verdict:
    """A user (or service account) has no exec, attach or port-forward open."""
    return closed(facts, user_of(target))
