"""Row keys and how people name objects: `kind/name -n namespace`, `User/NAME`, `alert/FINGERPRINT`, or a row's key."""

from __future__ import annotations

import re

from console.errors import BadInput
from console.model.finding import Finding
from console.model.identity import Identity
from console.model.objects import Obj
from console.model.ref import BY_KIND, BY_WORD, ResourceRef

_IDENTITIES = ("User", "Group")
ALERT = "Alert"
"""Kind of what fires at Alertmanager, by its fingerprint there."""
_ACCOUNT = "system:serviceaccount:"
_FINGERPRINT = re.compile(r"[0-9a-f]{16}\Z")


def key_of(ref: ResourceRef) -> str:
    """`Kind/namespace/name`, the raw key of an object's row."""
    return f"{ref.kind}/{ref.namespace}/{ref.name}"


def parse(text: str, namespace: str = "", cluster: str = "") -> ResourceRef:
    """The object a person or a row key names. Raises `BadInput` with the forms that work."""
    word, _, rest = text.partition("/")
    if not rest:
        raise BadInput(f"{text!r} names no object. Write kind/name, for example pod/web-7f9c -n shop.")
    if word in _IDENTITIES:
        return ResourceRef(cluster, "", word, "", rest.removeprefix("/"))
    if word.lower() == ALERT.lower():
        return ResourceRef(cluster, "", ALERT, "", rest.removeprefix("/"))
    kind = BY_KIND.get(word) or BY_WORD.get(word.lower())
    if kind is None:
        raise BadInput(f"{word!r} is no kind warroom knows. Try pod, deployment, serviceaccount, node …")
    place, cut, name = rest.partition("/")
    if not cut:
        place, name = namespace, rest
    elif place and namespace and place != namespace:
        raise BadInput(f"{text} names the namespace {place} and -n names {namespace}. Which one is meant? Give one.")
    if kind.namespaced and not place:
        raise BadInput(f"{text} needs a namespace: add -n NAMESPACE.")
    return kind.ref(place, name, cluster=cluster)


def account_of(user: str, cluster: str = "") -> ResourceRef | None:
    """The service account behind a user name, None for other users."""
    if not user.startswith(_ACCOUNT):
        return None
    namespace, _, name = user.removeprefix(_ACCOUNT).partition(":")
    return BY_KIND["ServiceAccount"].ref(namespace, name, cluster=cluster) if name else None


def actor_of(user: str, cluster: str = "") -> ResourceRef | None:
    """The object or identity a finding's user is: service account, node or user; None for system users."""
    if account := account_of(user, cluster):
        return account
    if user.startswith("system:node:"):
        return BY_KIND["Node"].ref("", user.removeprefix("system:node:"), cluster=cluster)
    if not user or user.startswith("system:"):
        return None
    return ResourceRef(cluster, "", "User", "", user)


def target_of(finding: Finding, cluster: str) -> ResourceRef | None:
    """The single object a finding is about, None for collections, paths and kinds we do not know."""
    target = finding.target
    if not target.name or target.kind not in BY_KIND:
        return None
    return target.ref(cluster)


def alert_of(finding: Finding, cluster: str) -> ResourceRef | None:
    """The newest alert at Alertmanager behind a finding; None where it came another way."""
    if not any(told.split(":")[0] == "alertmanager" for told in finding.told_by):
        return None
    known = next((one for one in reversed(finding.events) if _FINGERPRINT.match(one)), "")
    return ResourceRef(cluster, "", ALERT, "", known) if known else None


def ref_of(kind: str, obj: Obj, cluster: str = "") -> ResourceRef:
    """A reference to a watched object, with its uid."""
    return BY_KIND[kind].ref(obj.metadata.namespace, obj.metadata.name, obj.metadata.uid, cluster)


def who_words(user: str, as_user: str = "") -> str:
    """A user as people say it: `sa shop/ci`, `node node-1`, `mallory`, `anonymous`; impersonation as `a as b`."""
    if as_user:
        return f"{who_words(user)} as {who_words(as_user)}"
    if account := account_of(user):
        return f"sa {account}"
    if user.startswith("system:node:"):
        return f"node {user.removeprefix('system:node:')}"
    return user.removeprefix("system:") if user in ("system:anonymous",) else user or "nobody (no credential)"


def doer(who: Identity) -> str:
    """Who a finding is about, in few words. Where no user is known that comes first: `unknown (manager helm)`."""
    if who.user or who.as_user or who.ip or who.agent:
        return who_words(who.user, who.as_user)
    if who.pod or who.node:
        return f"pod {who.pod}" if who.pod else f"node {who.node}"
    return f"unknown (manager {who.manager})" if who.manager else "unknown"


def doer_in_full(who: Identity) -> str:
    """The same where there is room to say why it is not known."""
    if who.user or doer(who) not in ("unknown", f"unknown (manager {who.manager})"):
        return doer(who)
    manager = f"; field manager {who.manager}, any client may choose that" if who.manager else ""
    return f"who is not known{manager}"
