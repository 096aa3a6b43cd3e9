"""The whole checklist over scripted facts: items tick from what is observed, stay steady, and say what to record."""

from __future__ import annotations

from typing import Any

import pytest

from console.checks.shipped import shipped
from console.hygiene.exporting import Exporter
from console.model.boxes import DONE
from console.model.entry import Captured, Entry, ItemMarked, ItemObserved
from console.model.facts import Ask, Unknown
from console.model.ref import ResourceRef
from console.model.state import IncidentState
from console.model.text import Clean
from console.runbooks.checklist import Checklist
from console.runbooks.loading import load_items
from console.runbooks.states import ItemState
from tests.console.checks.scripted import Scripted, meta, pod, ref

EXPORT = Exporter(b"k" * 32)
NODE = ref("Node", "", "node-0", "uid-node-0")
KEYS = {"node.cordon": "x o"}


class Board:
    """A checklist with its journal: what it wants recorded is recorded."""

    def __init__(self, facts: Scripted) -> None:
        self.facts, self.state, self.affected = facts, IncidentState(), [NODE]
        self.checklist = Checklist(load_items(shipped()), shipped())
        self.recorded: list[ItemObserved] = []

    def look(self, seconds: float = 0.0) -> dict[str, ItemState]:
        """Evaluate `seconds` later, and record."""
        self.facts.time += seconds
        states = self.checklist.evaluate(self.facts, self.state, self.affected, self.facts.time)
        for record in self.checklist.to_record(states, self.state, EXPORT):
            self.recorded.append(record)
            self.apply(record)
        return {one.item: one for one in states}

    def apply(self, record: Any) -> None:
        self.state.apply(Entry(self.state.seq + 1, self.facts.time, Clean("engine"), record, "", ""))

    def mark(self, item: str, state: str, member: str = "") -> None:
        words = (Clean(item), Clean(state), Clean("ana"), Clean("ticket 7"), Clean(member))
        self.apply(ItemMarked(*words))

    def row(self, item: str) -> Any:
        states = self.checklist.evaluate(self.facts, self.state, self.affected, self.facts.time)
        return next(row for row in self.checklist.rows(states, EXPORT, KEYS) if row.key == item)


def node(unschedulable: bool) -> dict[str, Any]:
    return {**meta("node-0"), "spec": {"unschedulable": unschedulable}}


def cordoned(facts: Scripted, yes: bool) -> None:
    facts.kinds["Node"] = []
    facts.watch("Node", node(yes))


@pytest.fixture
def board() -> Board:
    facts = Scripted()
    cordoned(facts, False)
    return Board(facts)


def test_an_empty_incident_has_no_tick_at_all() -> None:
    facts = Scripted()
    facts.live = False
    board = Board(facts)
    board.affected = []
    assert [one.item for one in board.look().values() if one.state in DONE] == []
    assert board.recorded == []


def test_an_item_ticks_from_the_cluster_holds_regresses_and_ticks_again(board: Board) -> None:
    assert board.look()["CON-01"].state == "blocked"
    cordoned(board.facts, True)
    assert board.look(1)["CON-01"].state == "blocked"
    assert board.checklist.due is not None
    assert board.look(60)["CON-01"].state == "verified"
    cordoned(board.facts, False)
    assert board.look(1)["CON-01"].state == "regressed"
    cordoned(board.facts, True)
    board.look(1)
    assert board.look(60)["CON-01"].state == "verified"
    assert [one.state for one in board.recorded if one.item == "CON-01"] == [
        "verified", "regressed", "open", "verified",
    ]  # fmt: skip


def test_the_set_grows_and_the_item_opens_again(board: Board) -> None:
    cordoned(board.facts, True)
    board.look()
    assert board.look(60)["CON-01"].state == "verified"
    board.facts.watch("Node", {**meta("node-1"), "spec": {}})
    board.affected.append(ref("Node", "", "node-1", "uid-node-1"))
    grown = board.look(1)["CON-01"]
    assert (grown.state, grown.done, grown.total) == ("blocked", 1, 2)
    assert board.row("CON-01").members == "1/2"


def test_a_watch_that_is_lost_makes_the_item_unknown(board: Board) -> None:
    cordoned(board.facts, True)
    board.look()
    board.look(60)
    board.facts.facts[Ask("object", ("Node", "", "node-0"))] = Unknown("Node watch is stale since 03:12Z")
    lost = board.look(1)["CON-01"]
    assert (lost.state, lost.observed) == ("unknown", "node-0: Node watch is stale since 03:12Z")


def test_a_row_stays_the_same_while_nothing_it_says_changes(board: Board) -> None:
    first = board.row("CON-01")
    board.facts.time += 3600
    assert board.row("CON-01") == first


def test_rows_carry_keys_of_actions_in_this_build_only(board: Board) -> None:
    row = board.row("CON-01")
    assert (row.action, row.action_keys, row.position) == ("node.cordon", "x o", 23)
    assert (board.row("CON-04").action, board.row("CON-04").action_keys) == ("node.isolate", "")


def test_rows_are_clean_whatever_the_cluster_is_called(board: Board) -> None:
    hostile = ResourceRef("", "", "Node", "", "node\x1b[2J\u202e", "u")
    board.affected = [hostile]
    assert "\x1b" not in board.row("CON-01").observed
    assert "\u202e" not in board.row("CON-01").observed


def test_a_hybrid_item_waits_for_a_person_after_it_is_proved(board: Board) -> None:
    board.facts.facts[Ask("chain")] = ""
    board.facts.say("checkpoint.signed", "abcd")
    assert board.look()["ORG-05"].state == "proved"
    board.mark("ORG-05", "attested")
    assert board.look(1)["ORG-05"].state == "verified"
    assert board.row("ORG-05").by == "ana"


def test_a_need_that_is_settled_takes_the_block_away(board: Board) -> None:
    assert board.look()["CON-01"].state == "blocked"
    board.mark("DET-09", "overridden")
    assert board.look(1)["CON-01"].state == "open"


def test_namespaces_are_affected_when_something_in_them_is(board: Board) -> None:
    board.affected = [ref("Pod", "shop", "web"), ref("ServiceAccount", "bank", "app")]
    board.facts.watch("Pod", pod("web"))
    state = board.look()["CON-03"]
    assert state.total == 2
    assert board.look()["CRD-01"].total == 1


def test_a_user_that_is_a_service_account_is_one_account(board: Board) -> None:
    board.affected = [ref("User", "", "system:serviceaccount:shop:web"), ref("User", "", "eve")]
    states = board.look()
    assert (states["CRD-01"].total, states["CRD-02"].total) == (1, 1)


def test_items_over_the_cluster_take_every_namespace_but_the_clusters_own(board: Board) -> None:
    board.facts.watch("Namespace", meta("shop"), meta("bank"), meta("kube-system"))
    state = board.look()["REM-08"]
    assert (state.done, state.total) == (0, 2)
    board.facts.facts[Ask("objects", ("Namespace", ""))] = Unknown("Namespace watch is forbidden")
    assert board.look()["REM-08"].observed == "Namespace watch is forbidden"
    assert board.look()["REM-08"].state == "unknown"


def test_the_gate_sees_the_items_of_its_phase(board: Board) -> None:
    seen = board.look()["SVC-05"]
    assert "items stand in the way" in seen.observed
    assert "unknown ones want your word (overridden, n-a or deferred, and why)" in seen.observed
    for item in board.checklist.items.values():
        if item.phase == "containment" and item.id != "SVC-05":
            board.mark(item.id, "n-a")
    assert board.look(1)["SVC-05"].observed.startswith("no item of containment regressed or unknown")
    board.look(900)
    assert board.look(1)["SVC-05"].state == "verified"


def test_the_gate_opens_when_a_person_has_settled_what_no_source_shows_and_no_other_item(board: Board) -> None:
    """Some items are unknown for good in this build: by the facts alone nobody would ever pass."""
    board.look()
    for needed in ("CON-02", "CRD-01", "CRD-02", "SVC-01"):  # shown by facts, in a cluster
        board.mark(needed, "n-a")
    states = board.look(1)
    unknown = [one for one in states.values() if board.checklist.items[one.item].phase == "containment"]
    unknown = [one for one in unknown if one.state == "unknown"]
    for number, one in enumerate(unknown):
        board.mark(one.item, ("overridden", "n-a", "deferred")[number % 3])
    assert len(unknown) > 5

    assert board.look(1)["SVC-05"].observed.startswith("no item of containment regressed or unknown")
    board.look(900)
    assert board.look(1)["SVC-05"].state == "verified"


async def test_a_review_comes_to_the_same_states_as_an_evaluation(board: Board) -> None:
    other = Board(board.facts)
    reviewed = await other.checklist.review(board.facts, other.state, other.affected, board.facts.time)
    assert {one.item: one for one in reviewed} == board.look()


def test_a_word_on_an_item_that_does_not_exist_is_refused(board: Board) -> None:
    assert board.checklist.refuse("XXX-01", "claimed", "") == "There is no checklist item 'XXX-01'."
    assert board.checklist.refuse("CON-01", "attested", "saw it") != ""
    assert board.checklist.refuse("CON-01", "claimed", "") == ""


def test_the_items_own_words_are_shown_as_written_and_a_verdicts_are_redacted(board: Board) -> None:
    board.affected = [ref("ServiceAccount", "shop", "web")]
    row = board.row("CRD-01")
    assert "tokens already exchanged for cloud credentials (CRD-07)" in row.misses
    board.facts.facts[Ask("object", ("ServiceAccount", "shop", "web"))] = Unknown("password: hunter22hunter22")
    assert "hunter22" not in board.row("CRD-01").observed


def test_a_pod_named_without_uid_is_the_one_evidence_was_taken_of(board: Board) -> None:
    board.affected = [ref("Pod", "shop", "web")]
    assert board.look()["EVD-01"].state == "unknown"
    for kind in ("pod.yaml", "pod.logs", "events"):
        board.facts.facts[Ask("evidence", (kind, "u1"))] = ("aa",)
        board.apply(Captured(Clean(kind), Clean("Pod shop/web"), Clean("u1"), Clean("aa"), 3))
    assert board.look(1)["EVD-01"].state == "verified"
