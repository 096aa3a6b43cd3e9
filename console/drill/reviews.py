"""Access reviews and the subject review of the simulated API server. They write nothing."""

from __future__ import annotations

from typing import Any

from console.drill.authorizing import Authorizer, Wish
from console.drill.callers import Caller
from console.drill.resources import Body
from console.drill.statuses import Failure, bad_request, not_played, unknown_resource
from console.drill.times import seconds

AUTHORIZATION = "/apis/authorization.k8s.io/v1/"
AUTHENTICATION = "/apis/authentication.k8s.io/v1/"


class Reviews:
    """Answers reviews about anybody, from the cluster's own RBAC objects."""

    def __init__(self, access: Authorizer) -> None:
        self._access = access

    def answer(self, caller: Caller, path: str, body: Body, now: float) -> Body:
        """The completed review. Raises `Failure`."""
        resource = path.rpartition("/")[2]
        if path == AUTHENTICATION + "selfsubjectreviews":
            return self._subject(caller, now)
        if path == AUTHORIZATION + "selfsubjectaccessreviews":
            return self._access_review("SelfSubjectAccessReview", body, caller.user, caller.groups)
        if path == AUTHORIZATION + "subjectaccessreviews":
            spec = body.get("spec") or {}
            groups = tuple(spec.get("groups") or ())
            if not spec.get("user") and not groups:
                raise bad_request("at least one of user or group must be specified")
            return self._access_review("SubjectAccessReview", body, spec.get("user", ""), groups)
        if path == AUTHORIZATION + "selfsubjectrulesreviews":
            return self._rules(caller, body)
        if resource in ("tokenreviews", "localsubjectaccessreviews"):
            raise not_played(resource)
        raise unknown_resource()

    def _access_review(self, kind: str, body: Body, user: str, groups: tuple[str, ...]) -> Body:
        spec = body.get("spec") or {}
        allowed, reason = self._access.decide(user, groups, wish_of(spec))
        status: dict[str, Any] = {"allowed": allowed}
        if reason:
            status["reason"] = reason
        head = {"kind": kind, "apiVersion": "authorization.k8s.io/v1", "metadata": {}}
        return {**head, "spec": spec, "status": status}

    def _rules(self, caller: Caller, body: Body) -> Body:
        namespace = (body.get("spec") or {}).get("namespace", "")
        if not namespace:
            raise bad_request("no namespace on request")
        rules = self._access.rules(caller.user, caller.groups, namespace)
        status = {
            "resourceRules": [rule for rule in rules if "nonResourceURLs" not in rule],
            "nonResourceRules": [rule for rule in rules if "nonResourceURLs" in rule],
            "incomplete": False,
        }
        head = {"kind": "SelfSubjectRulesReview", "apiVersion": "authorization.k8s.io/v1", "metadata": {}}
        return {**head, "spec": {}, "status": status}

    def _subject(self, caller: Caller, now: float) -> Body:
        info: dict[str, Any] = {"username": caller.user}
        if caller.uid:
            info["uid"] = caller.uid
        info["groups"] = list(caller.groups)
        if caller.extra:
            info["extra"] = {key: list(values) for key, values in caller.extra.items()}
        return {
            "kind": "SelfSubjectReview",
            "apiVersion": "authentication.k8s.io/v1",
            "metadata": {"creationTimestamp": seconds(now)},
            "status": {"userInfo": info},
        }


def wish_of(spec: Body) -> Wish:
    """What a review's spec asks about. Raises `Failure` 422 when it asks about nothing."""
    on, path = spec.get("resourceAttributes"), spec.get("nonResourceAttributes")
    if on is not None:
        resource = on.get("resource", "") + (f"/{on['subresource']}" if on.get("subresource") else "")
        return Wish(on.get("verb", ""), on.get("group", ""), resource, on.get("namespace", ""), on.get("name", ""))
    if path is not None:
        return Wish(path.get("verb", ""), path=path.get("path", ""))
    text = "exactly one of nonResourceAttributes or resourceAttributes must be specified"
    raise Failure(422, "Invalid", text, {})
