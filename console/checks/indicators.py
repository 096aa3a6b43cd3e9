"""Indicators of the attacker, looked for again and again in what this build watches.

An indicator is a statement on the topic `ioc`. Three shapes can be looked for: an image digest (`sha256:…`) in what
runs now, an identity (`User/NAME`, `system:serviceaccount:…`) and an address (`192.0.2.7`, `192.0.2.0/24`) among
recent callers of the API server. A domain, a file's hash or a user agent cannot: it keeps the answer unknown, by name.
"""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_network

import msgspec

from console.checks import asking
from console.checks.base import check
from console.checks.checklist_record import said
from console.checks.telling import listed, tell, told
from console.model.ref import ResourceRef
from console.model.verdict import Verdict, both
from console.policy.rbac import ACCOUNT_PREFIX, account_user
from console.ports.facts import Facts

WINDOW = 3600.0
"""Seconds back in which a caller counts as a hit of a sweep."""
LIMITS = ("what was there and is gone: only what runs now and who called lately is looked through",)
Network = IPv4Network | IPv6Network


class Hit(msgspec.Struct, frozen=True):
    """An indicator that was seen."""

    indicator: str
    value: str
    """As a person judges it: `Pod shop/web`, `User eve`."""


def network(text: str) -> Network | None:
    """The address or network of a text, None when it is none."""
    try:
        return ip_network(text.strip(), strict=False)
    except ValueError:
        return None


def user_of(text: str) -> str:
    """The user name of an indicator, "" when it is no identity."""
    if text.startswith("User/"):
        return text.removeprefix("User/")
    return text if text.startswith(ACCOUNT_PREFIX) else ""


def _hits(facts: Facts, texts: list[str], window: float) -> list[Hit]:
    """Everything that is seen of these indicators now."""
    found: list[Hit] = []
    since = facts.now() - window
    nets = {text: net for text in texts if (net := network(text))}
    called = [(name, net) for name in tell(facts, asking.callers(since)) if (net := network(name))] if nets else []
    for text in texts:
        if "sha256:" in text:
            digest = text[text.index("sha256:") :].split()[0]
            found += [Hit(text, f"Pod {where}") for where in tell(facts, asking.running(digest))]
        elif user := user_of(text):
            found += [Hit(text, f"User {user}")] if tell(facts, asking.calls_since(user, since)) else []
        elif text in nets:
            found += [Hit(text, f"Address {name}") for name, one in called if one[0] in nets[text]]
    return found


@told
def _lookable(facts: Facts, target: ResourceRef) -> Verdict:
    """Whether there are indicators, all of a shape that can be looked for."""
    texts = [value for value, _, _ in said(facts, "ioc")]
    if not texts:
        return Verdict(None, "no indicator is listed to look for (:record ioc)")
    blind = [text for text in texts if "sha256:" not in text and not user_of(text) and network(text) is None]
    if blind:
        return Verdict(None, f"cannot be looked for here: {listed(blind)} (only digests, identities, addresses)")
    return Verdict(True, f"{len(texts)} indicators looked for", limits=LIMITS)


def left_of(facts: Facts, window: float) -> Verdict:
    """No indicator is seen: none runs, and none called within the window (seconds)."""

    @told
    def seen(facts: Facts, target: ResourceRef) -> Verdict:
        found = _hits(facts, [value for value, _, _ in said(facts, "ioc")], window)
        return Verdict(not found, f"seen now: {listed(hit.value for hit in found)}" if found else "none is seen now")

    return both(_lookable(facts, ResourceRef()), seen(facts, ResourceRef()))


@check("indicators.swept", "recorded", "running", "calls_since", "callers", "affected")
def indicators_swept(facts: Facts, target: ResourceRef) -> Verdict:
    """Indicators are listed, all can be looked for, and what is seen of them is in the affected set or judged."""
    indicators = _listed(facts, target)
    return indicators if indicators.truth is False else both(indicators, _all_known(facts, target))


@told
def _listed(facts: Facts, target: ResourceRef) -> Verdict:
    if not said(facts, "ioc"):
        return Verdict(False, "no indicator listed (:record ioc sha256:…, User/NAME or an address)")
    return _lookable(facts, target)


@told
def _all_known(facts: Facts, target: ResourceRef) -> Verdict:
    known = {value for topic in ("judged.good", "judged.bad") for value, _, _ in said(facts, topic)}
    for ref in tell(facts, asking.affected("")):
        user = account_user(ref.namespace, ref.name) if ref.kind == "ServiceAccount" else ""
        known |= {f"{ref.kind} {ref}", f"User {user}"}
    found = _hits(facts, [value for value, _, _ in said(facts, "ioc")], WINDOW)
    loose = [hit.value for hit in found if hit.value not in known]
    if loose:
        return Verdict(False, f"seen, but neither affected nor judged: {listed(loose)}")
    return Verdict(True, f"{len(found)} hits, each affected or judged" if found else "no hit now")
