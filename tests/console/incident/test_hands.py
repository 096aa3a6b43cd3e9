"""Own requests, foreign use of our identity, and other people's writes, told apart in audit events."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from console.hygiene.exporting import Exporter
from console.incident.hands import Hands, Sighting
from console.model.audit import AuditEvent
from console.model.hands import ReadIds

OPENED = 1_780_000_000.0
LATER = "2026-05-28T21:00:00.000000Z"
"""After the record was opened (2026-05-28T20:26:40Z)."""
BEFORE = "2026-05-28T20:00:00.000000Z"


class Room:
    """Hands with a known identity, one write of our own and one touched object."""

    def __init__(
        self, *identities: str, intent: str = "PATCH /api/v1/namespaces/shop/pods/web", seal: Callable[[str], str] = str
    ) -> None:
        self.ids = ReadIds(b"s" * 32)
        self.seen: list[Sighting] = []
        writes, touched = {"write-1": intent}, {"Pod/shop/web"}
        self.hands = Hands(
            lambda: frozenset(identities or ("responder",)),
            self.ids.owns,
            lambda: writes,
            lambda: touched,
            lambda: OPENED,
            self.seen.append,
            seal,
        )

    def look(self, **fields: str) -> bool:
        """Whether one event, as the API server writes it, is taken for our own."""
        return self.hands.feed([event(**fields)])[0]


def event(
    audit_id: str = "3f1b", user: str = "mallory", verb: str = "get", name: str = "web", at: str = LATER,
    sub: str = "", agent: str = "kubectl/v1.36.0", as_user: str = "", stage: str = "ResponseComplete", uri: str = "",
    body: str = "",
) -> AuditEvent:  # fmt: skip
    raw: dict[str, object] = {
        "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "Metadata", "auditID": audit_id, "stage": stage,
        "requestURI": uri or f"/api/v1/namespaces/shop/pods/{name}", "verb": verb,
        "user": {"username": user, "groups": ["system:authenticated"]} if user else {},
        "sourceIPs": ["192.0.2.7"], "userAgent": agent,
        "objectRef": {"resource": "pods", "namespace": "shop", "name": name, "apiVersion": "v1", "subresource": sub},
        "responseStatus": {"metadata": {}, "code": 200},
        "requestReceivedTimestamp": at, "stageTimestamp": at,
    }  # fmt: skip
    if body:
        raw["requestObject"] = msgspec.Raw(body.encode())
    if as_user:
        raw["impersonatedUser"] = {"username": as_user}
    return msgspec.json.decode(msgspec.json.encode(raw), type=AuditEvent)


def test_our_own_reads_and_writes_are_ours_and_no_news() -> None:
    room = Room()

    assert room.look(audit_id=room.ids.next(), user="responder")
    assert room.look(audit_id="write-1", user="responder", verb="patch")
    assert room.seen == []
    assert room.hands.echo > OPENED


def test_our_identity_under_another_id_is_an_alarm_once() -> None:
    room = Room()

    assert not room.look(user="responder", agent="curl/8.0")
    assert not room.look(user="responder", agent="curl/8.0", verb="list")

    assert [(one.alarm, one.who) for one in room.seen] == [(True, "responder")]
    assert "curl/8.0 from 192.0.2.7" in room.seen[0].text


def test_what_our_identity_did_before_the_record_is_not_our_business() -> None:
    room = Room()

    assert not room.look(user="responder", at=BEFORE)
    assert room.seen == []


def test_one_of_our_ids_under_another_identity_is_an_alarm_and_not_ours() -> None:
    room = Room()

    assert not room.look(audit_id=room.ids.next(), user="mallory")
    assert room.seen[0].alarm
    assert "used one of our request ids" in room.seen[0].text


def test_a_copied_id_does_not_hide_a_second_request() -> None:
    room, copied = Room(), ""
    copied = room.ids.next()

    assert room.look(audit_id=copied, user="responder", stage="ResponseStarted")
    assert room.look(audit_id=copied, user="responder")
    assert not room.look(audit_id=copied, user="responder", at="2026-05-28T21:00:01.000000Z", uri="/api/v1/secrets")
    assert len(room.seen) == 1


def test_a_request_that_was_refused_and_sent_again_is_no_alarm() -> None:
    room = Room()
    twice = room.ids.next()

    assert room.look(audit_id=twice, user="", stage="ResponseStarted")
    assert room.look(audit_id=twice, user="responder", at="2026-05-28T21:00:01.000000Z")
    assert room.seen == []


def test_under_impersonation_we_are_who_the_server_says_we_are() -> None:
    room = Room("oncall", "responder")

    assert room.look(audit_id=room.ids.next(), user="responder", as_user="oncall")
    assert room.look(audit_id=room.ids.next(), user="responder")  # how we asked who is behind it
    assert room.seen == []


def test_under_impersonation_a_foreign_use_of_the_identity_behind_it_is_an_alarm_too() -> None:
    room = Room("oncall", "responder")

    room.look(user="responder", agent="curl/8.0")
    room.look(user="admin", as_user="oncall", agent="curl/8.0")

    assert [one.alarm for one in room.seen] == [True, True]
    assert "our identity responder was used by another program: curl/8.0" in room.seen[0].text


def test_a_write_whose_path_could_not_be_kept_as_it_is_is_known_by_its_seal_and_by_nothing_else() -> None:
    export = Exporter(b"key")
    path, other = (f"/apis/rbac/namespaces/shop/rolebindings/token%3D{word}" for word in ("hunter22", "hunter23"))
    room = Room(intent=f"PATCH {export.seal(path)}", seal=export.seal)

    assert room.look(audit_id="write-1", user="responder", verb="patch", uri=f"{path}?fieldManager=x")
    assert room.seen == []
    assert not room.look(audit_id="write-1", user="responder", verb="patch", uri=other)
    assert room.seen[0].alarm


def test_a_colleague_on_a_touched_object_is_other_hands() -> None:
    room = Room()

    room.look(user="bo", verb="patch")
    room.look(user="bo", verb="get")
    room.look(user="bo", verb="patch", name="other")

    assert [(one.key, one.who, one.alarm) for one in room.seen] == [("Pod/shop/web", "bo", False)]


def test_controllers_at_work_are_no_news_but_a_stolen_controller_account_is() -> None:
    room = Room()
    controller = "system:serviceaccount:kube-system:replicaset-controller"

    room.look(user=controller, verb="patch", agent="kube-controller-manager/v1.36.2 (linux/amd64)")
    room.look(user="system:node:node-1", verb="patch", agent="kubelet/v1.36.2 (linux/amd64)")
    room.look(user="bo", verb="patch", sub="status")
    assert room.seen == []

    room.look(user=controller, verb="patch", agent="kubectl/v1.36.0")
    room.look(user="system:node:node-1", verb="patch", agent="curl/8.0")
    assert [one.who for one in room.seen] == ["sa kube-system/replicaset-controller", "node node-1"]


def test_a_copied_read_id_does_not_hide_a_write() -> None:
    room = Room()

    assert not room.look(
        audit_id=room.ids.next(), user="responder", verb="delete", uri="/api/v1/namespaces/shop/secrets/x"
    )
    assert room.seen[0].alarm


def test_a_write_id_covers_only_the_write_it_was_journalled_for() -> None:
    room = Room()

    assert room.look(
        audit_id="write-1", user="responder", verb="patch", uri="/api/v1/namespaces/shop/pods/web?fieldManager=c"
    )
    assert not Room().look(audit_id="write-1", user="responder", verb="delete")
    assert not Room().look(audit_id="write-1", user="responder", verb="patch", uri="/api/v1/namespaces/shop/pods/other")


def test_reviews_and_rehearsals_are_ours_but_not_a_delete_that_only_says_so_in_its_address() -> None:
    room = Room()
    address = "/api/v1/namespaces/shop/pods/web?dryRun=All"

    assert room.look(audit_id=room.ids.next(), user="responder", verb="patch", uri=address)
    assert not room.look(audit_id=room.ids.next(), user="responder", verb="delete", uri=address, body='{"dryRun":[]}')
    assert len(room.seen) == 1
    assert room.look(audit_id=room.ids.next(), user="responder", verb="delete", uri=address, body='{"dryRun":["All"]}')
    assert not room.look(audit_id=room.ids.next(), user="responder", verb="delete", uri=address), "level Metadata"
    assert len(room.seen) == 1
