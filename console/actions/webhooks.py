"""Which admission webhooks will see a plan's writes. One of them may be the attacker's: he would see them first.

Pure over the watch caches. Object selectors and match conditions are not watched: a webhook named here may in the
end not be asked, one that is asked is never missing (but for policies, which have no server of their own).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from console.actions.blast import Views, blind
from console.actions.reaching import is_elsewhere
from console.model.network import Webhook, WebhookClient, WebhookConfiguration
from console.model.plan import Call, Step
from console.model.ref import BY_KIND
from console.policy.selector import matches

_KINDS = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")
_OPERATIONS = {"POST": "CREATE", "PUT": "UPDATE", "PATCH": "UPDATE", "DELETE": "DELETE"}


def webhook_lines(views: Views, steps: tuple[Step, ...]) -> tuple[str, ...]:
    """A line for each webhook that will see one of these writes; a line for a kind that is not watched."""
    writes = [step.call for step in steps if step.call.writes and not is_elsewhere(step.call.ref)]
    if not writes:
        return ()
    lines = list(blind(views, *_KINDS))
    for kind in _KINDS:
        for obj in views(kind).all():
            config = cast(WebhookConfiguration, obj)
            for webhook in config.webhooks or ():
                if any(_sees(views, webhook, call) for call in writes):
                    lines.append(_line(kind, config.metadata.name, webhook))
    return tuple(lines)


def webhook_namespaces(views: Views) -> frozenset[str]:
    """Namespaces whose pods answer admission requests: stopping one may stop the cluster."""
    found = set()
    for kind in _KINDS:
        for obj in views(kind).all():
            for webhook in cast(WebhookConfiguration, obj).webhooks or ():
                if webhook.client_config.service is not None:
                    found.add(webhook.client_config.service.namespace)
    return frozenset(found)


def _sees(views: Views, webhook: Webhook, call: Call) -> bool:
    kind = BY_KIND.get(call.ref.kind)
    if kind is None or call.ref.kind in _KINDS:
        return False  # their own configurations are never shown to webhooks
    tail = call.path.removeprefix(kind.path(call.ref.namespace, call.ref.name)).strip("/")
    sub = tail if call.ref.name and call.path.startswith(kind.path(call.ref.namespace, call.ref.name)) else ""
    resource = f"{kind.plural}/{sub}" if sub else kind.plural
    return any(
        _one_of(rule.operations, _OPERATIONS.get(call.method, ""))
        and _one_of(rule.api_groups, kind.group)
        and any(name in _spellings(resource) for name in rule.resources or ())
        for rule in webhook.rules or ()
    ) and _in_namespace(views, webhook, call)


def _spellings(resource: str) -> Iterator[str]:
    """Every way a rule may name this resource."""
    plural, _, sub = resource.partition("/")
    yield "*/*"
    if sub:
        yield from (resource, f"*/{sub}", f"{plural}/*")
    else:
        yield from (plural, "*", f"{plural}/*")


def _one_of(wanted: list[str] | None, value: str) -> bool:
    return value in (wanted or ()) or "*" in (wanted or ())


def _in_namespace(views: Views, webhook: Webhook, call: Call) -> bool:
    """A namespace that is not known is taken as selected."""
    name = call.ref.name if call.ref.kind == "Namespace" else call.ref.namespace
    if webhook.namespace_selector is None or not name:
        return True
    namespace = views("Namespace").get("", name)
    return namespace is None or matches(webhook.namespace_selector, namespace.metadata.labels)


def _line(kind: str, config: str, webhook: Webhook) -> str:
    verb = "may change" if kind.startswith("Mutating") else "sees"
    fails = "its failure is ignored" if webhook.failure_policy == "Ignore" else "its failure stops the write"
    return f"{config}/{webhook.name} {verb} this write at {_place(webhook.client_config)}; {fails}"


def _place(client: WebhookClient) -> str:
    if client.service is not None:
        return f"Service {client.service.namespace}/{client.service.name}"
    return f"{client.url or 'an unknown address'}, outside the cluster"
