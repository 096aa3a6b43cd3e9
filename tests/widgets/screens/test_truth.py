"""Nothing old, cut off, held back or partly known is drawn as if it were how things stand now."""

from __future__ import annotations

import asyncio

import pytest
from msgspec import structs

from console.ports.session import Snapshot
from console.ports.views import Columns, FindingRow, ItemRow, SourceView
from tests.widgets import scripted
from tests.widgets.scripted import NOW, Scripted, c
from tests.widgets.seats import seat
from widgets.messages import Linked, Updated


async def test_a_frozen_screen_says_so_whatever_else_must_not_be_overlooked() -> None:
    more = {"alarms": (c("one"), c("two"), c("three")), "login": c("run sso login"), "banner": c("insecure TLS")}
    async with seat((80, 24), Scripted(scripted.room_rows() | {"header": [scripted.header(**more)]})) as at:
        await at.press("f")
        head = "\n".join(at.text().splitlines()[:6])
        for words in ("FROZEN", "LOGIN NEEDED", "three", "insecure TLS", "and 3 more"):
            assert words in head


async def test_a_stale_source_is_not_the_one_that_a_narrow_terminal_cuts_off() -> None:
    live = tuple(SourceView(c(f"audit:{name}"), c("live"), NOW) for name in ("control-plane-a", "control-plane-b"))
    sources = (SourceView(c("watch"), c("live"), NOW), *live, SourceView(c("prometheus"), c("failed"), NOW - 400))
    async with seat((80, 24), Scripted(scripted.room_rows() | {"header": [scripted.header(sources=sources)]})) as at:
        assert "prometheus FAILED since" in at.text().splitlines()[1]


async def test_a_source_that_tells_only_a_part_is_not_called_live_without_more() -> None:
    sources = (SourceView(c("audit"), c("live"), NOW), SourceView(c("watch"), c("live"), NOW, c("only in shop")))
    async with seat((80, 24), Scripted({"header": [scripted.header(sources=sources)]})) as at:
        assert "watch live, in part" in at.text()
        assert "only in shop" in at.text()
        assert "not everything can be read" in " ".join(at.text().replace("│", "").split())


async def test_rules_that_are_not_used_are_told_where_the_sources_are_and_tuned_ones_without_an_alarm() -> None:
    why = c("1 fault in the rules: /etc/mine/bad.yml:4: unknown field 'verbs'")
    sources = (SourceView(c("audit"), c("live"), NOW), SourceView(c("rules"), c("live"), NOW, why))
    async with seat((80, 24), Scripted({"header": [scripted.header(sources=sources)]})) as at:
        assert "rules live, in part" in at.text()
        assert "bad.yml:4" in at.text()
    tuned = SourceView(c("rules"), c("live"), NOW, note=c("1 rule tuned by the settings (K8S-A)"))
    async with seat((120, 40), Scripted({"header": [scripted.header(sources=(sources[0], tuned))]})) as at:
        assert "in part" not in at.text()
        await at.press(":", *"sources", "enter")
        assert "1 rule tuned by the settings (K8S-A)" in at.text()


async def test_who_lost_the_engine_is_not_shown_as_armed_nor_the_others_as_here() -> None:
    header = scripted.header(armed=((c("ana"), NOW + 900),))
    async with seat((200, 60), Scripted(scripted.room_rows() | {"header": [header]})) as at:
        assert "ARMED" in at.text().splitlines()[0]
        at.session.lose()
        await at.settle()
        assert "READ-ONLY" in at.text().splitlines()[0]
        assert at.text().count("OLD: the engine is lost") == 5, "four panes, and who is here"


async def test_connected_again_is_not_live_before_the_header_came() -> None:
    async with seat() as at:
        at.room.post_message(Linked(c("ENGINE LOST")))
        at.room.post_message(Linked())
        await at.settle()
        assert "live" not in at.text().splitlines()[1]
        assert "is being read" in at.text()
        at.session.push("header", scripted.header())
        await at.settle()
        assert "live" in at.text().splitlines()[1]
        assert "is being read" not in at.text()


async def test_a_register_that_is_not_known_is_not_called_empty() -> None:
    async with seat() as at:
        at.room.undo_rows.clear()
        at.session.lose()
        await at.settle()
        await at.press("u")
        assert "Nothing to undo" not in at.text()
        assert "has not sent the register" in at.text()


async def test_the_register_shows_what_becomes_of_it_while_it_is_open_also_on_a_frozen_screen() -> None:
    async with seat() as at:
        await at.press("f", "u")
        assert "web-7f9c" in at.text()
        first = scripted.undos()[0]
        at.session.push("undo", removes=(first.key,))
        await at.settle()
        assert "web-7f9c" not in at.text()
        assert "web-2b1d" in at.text()


async def test_a_browser_of_one_namespace_says_which() -> None:
    async with seat() as at:
        at.session.topics["browse:pods:shop"] = scripted.browsed(0)
        await at.press("colon", *"pods shop", "enter")
        assert "2 :pods shop" in at.text()
        assert "There is no Pod in shop." in at.text()


@pytest.mark.parametrize(
    ("state", "why", "said"),
    [
        ("live", "only in shop, pay", "in what can be seen: only in shop, pay"),
        ("stale", "", "None shown is not none there."),
        ("failed", "the engine gave up", "cannot be shown: the engine gave up"),
    ],
)
async def test_a_browser_without_rows_never_says_that_there_are_none_when_that_is_not_known(
    state: str, why: str, said: str
) -> None:
    head = scripted.browsed(0)[0]
    assert isinstance(head, Columns)
    rows = scripted.room_rows()
    rows["browse:pods"] = [structs.replace(head, state=c(state), why=c(why))]
    async with seat((80, 24), Scripted(rows)) as at:
        await at.press("colon", *"pods", "enter")
        assert said in " ".join(at.text().replace("│", "").split())
        assert "There is no Pod." not in at.text()


async def test_a_kind_that_the_engine_does_not_show_is_not_listed_for_ever() -> None:
    async with seat() as at:
        at.session.refused["browse:gizmos"] = "'gizmos' names no kind warroom can show"
        await at.press("colon", *"gizmos", "enter")
        assert "Listing" not in at.text()
        assert "names no kind warroom can show" in at.text()


async def test_what_is_browsed_on_a_frozen_screen_is_listed() -> None:
    async with seat() as at:
        await at.press("f", "colon", *"pods", "enter")
        assert at.line("web-00001")
        assert "FROZEN" in at.text()


@pytest.mark.parametrize("theme", ["mono", "ansi-16"])
async def test_who_acknowledged_and_what_waits_is_told_without_colour_on_a_narrow_terminal(theme: str) -> None:
    rows = scripted.room_rows()
    finding, item = rows["findings"][0], rows["checklist"][8]
    assert isinstance(finding, FindingRow)
    assert isinstance(item, ItemRow)
    rows["findings"][0] = structs.replace(finding, acknowledged=c("bo"))
    rows["checklist"][8] = structs.replace(item, state=c("blocked"))
    async with seat((80, 24), Scripted(rows), theme=theme) as at:
        assert "(CRIT)" in at.line("exec into pod")
        assert "CRIT !!" in at.line("cluster-admin bound")
        await at.press("3")
        assert "[.]" in at.line("Leadership informed")


NAMES = ("team-payments-production-eu-central-1", "team-payments-production-us-east-1")


async def test_two_objects_that_differ_in_their_last_letters_never_look_alike() -> None:
    rows = scripted.room_rows()
    head, first, *_ = scripted.browsed(2)
    long = "checkout-payments-reconciliation-worker-canary-7f9c6d5b4-"
    pods = [(NAMES[0], "web"), (NAMES[1], "web"), ("shop", long + "aaaaa"), ("shop", long + "bbbbb")]
    rows["browse:pods"] = [head]
    for namespace, name in pods:
        cells = (c(namespace), c(name), *first.cells[2:])  # type: ignore[union-attr]
        rows["browse:pods"].append(structs.replace(first, key=c(f"Pod/{namespace}/{name}"), cells=cells))
    async with seat((200, 60), Scripted(rows)) as at:
        await at.press("colon", *"pods", "enter", "z")
        assert all(name in at.text() for name in NAMES)
        await at.pilot.resize_terminal(80, 24)
        await at.settle()
        assert at.line("5b4-aaaaa")
        assert at.line("5b4-bbbbb")


async def test_the_walkthrough_is_taken_up_when_the_cards_come_after_the_seat() -> None:
    async with seat((80, 24)) as at:
        await at.press("w", "n")
        left = at.room.place().encoded()
    rows = scripted.room_rows() | {"checklist": []}
    async with seat((80, 24), Scripted(rows, place=left)) as at:
        at.room.post_message(Updated(Snapshot("checklist", 2, tuple(scripted.items()), True, True)))
        await at.settle()
        assert "Compromised accounts hold no rights" in at.text()
        assert "do it" in at.text()


async def test_keys_work_again_when_a_window_that_was_too_small_is_made_larger() -> None:
    async with seat() as at:
        await at.pilot.resize_terminal(20, 5)
        await at.settle()
        await at.pilot.resize_terminal(120, 40)
        await at.settle()
        await at.press("j")
        assert at.room.table().sheet.cursor == "f1"


ARN = "arn:aws:eks:eu-central-1:123456789012:cluster/payments-"


@pytest.mark.parametrize("cluster", ["production", "staging"])
@pytest.mark.parametrize("size", [(60, 15), (80, 24), (120, 40)])
async def test_the_end_of_a_long_context_tells_which_cluster_it_is(size: tuple[int, int], cluster: str) -> None:
    header = scripted.header(context=c(ARN + cluster), server=c("https://0123456789ABCDEF.gr7.eu-central-1.example"))
    async with seat(size, Scripted(scripted.room_rows() | {"header": [header]})) as at:
        assert cluster in at.text().splitlines()[0]
        assert "READ-ONLY" in at.text().splitlines()[0]


async def test_every_sign_of_the_help_is_explained_to_its_end_at_80_columns() -> None:
    async with seat((80, 24)) as at:
        await at.press("question_mark", "G")
        shown = " ".join(at.text().split())
        assert "not applicable, deferred" in shown
        assert "waits for other items" in shown


@pytest.mark.parametrize("size", [(60, 15), (66, 24), (80, 24), (120, 40)])
async def test_the_targets_of_two_findings_are_told_apart_in_the_narrowest_window(size: tuple[int, int]) -> None:
    rows = scripted.room_rows()
    for i, name in enumerate(("web-7f9c6d5b4-aaaaa", "web-7f9c6d5b4-bbbbb")):
        finding = rows["findings"][i]
        assert isinstance(finding, FindingRow)
        rows["findings"][i] = structs.replace(finding, target=c(f"shop/{name}"))
    async with seat(size, Scripted(rows)) as at:
        assert at.line("5b4-aaaaa")
        assert at.line("5b4-bbbbb")


async def test_an_alarm_is_read_to_its_end_however_long_the_name_is_that_an_intruder_chose() -> None:
    alarm = f"our identity ana was used by another program: kubectl/{'x' * 60} from 10.2.3.4, first delete /api/v1/pods"
    header = scripted.header(alarms=(c(alarm),), journal=c("BROKEN at entry 17: the hash of its text differs"))
    async with seat((80, 24), Scripted(scripted.room_rows() | {"header": [header]})) as at:
        assert "from 10.2.3.4, first delete /api/v1/pods" in " ".join(at.text().split())
        second = at.text().splitlines()[1]
        assert "prometheus STALE" in second
        assert "BROKEN at entry 17" in second
        await at.pilot.resize_terminal(200, 60)
        await at.settle()
        assert alarm in at.text()


@pytest.mark.parametrize(("state", "why"), [("forbidden", "Pod: 403"), ("stale", ""), ("live", "only in shop")])
async def test_that_nothing_changed_is_not_said_of_what_could_not_be_read(state: str, why: str) -> None:
    header = scripted.header(sources=(SourceView(c("watch"), c(state), NOW - 60, c(why)),))
    async with seat((80, 24), Scripted({"header": [header]})) as at:
        await at.press("h")
        assert "Nothing was created" not in at.text()
        assert f"watch is {state} since 20:25Z" in at.text()
        assert why in at.text()


async def test_what_is_affected_is_called_stale_where_it_stands_while_the_cluster_does_not_answer() -> None:
    watch = SourceView(c("watch"), c("stale"), NOW - 400, c("connection refused"))
    async with seat(session=Scripted(scripted.room_rows() | {"header": [scripted.header(sources=(watch,))]})) as at:
        assert "7  STALE since 20:20Z" in at.line("2 Affected resources")
        at.session.push("header", scripted.header())
        await at.settle()
        assert "STALE" not in at.line("2 Affected resources")


@pytest.mark.parametrize(
    ("size", "nothing", "none"),
    [
        ((80, 24), "1 Activity  2 Resources  3 Checklist", "1 Activity 0  2 Resources 0  3 Checklist"),
        ((120, 40), "─ 2 Affected resources ──", "─ 2 Affected resources  0 ──"),
    ],
)
async def test_nothing_is_counted_before_the_engine_has_counted_it(
    size: tuple[int, int], nothing: str, none: str
) -> None:
    async def never() -> Scripted:
        await asyncio.Event().wait()
        raise AssertionError

    async with seat(size, connect=never) as waiting:
        before = waiting.text()
        await waiting.press("colon", *"pods", "enter")
        browsed = waiting.text()
    async with seat(size, Scripted({"header": [scripted.header()]})) as empty:
        after = empty.text()

    assert nothing in before
    assert "─ 2 :pods  esc back ──" in browsed
    assert none in after


@pytest.mark.parametrize("state", ["loading", "forbidden", "absent", "stale", "failed"])
async def test_a_browser_counts_nothing_that_was_not_listed(state: str) -> None:
    head, *pods = scripted.browsed(3)
    assert isinstance(head, Columns)
    rows = scripted.room_rows()
    rows["browse:pods"] = [structs.replace(head, state=c(state), since=NOW - 60, why=c("why"))]
    async with seat(session=Scripted(rows)) as at:
        await at.press("colon", *"pods", "enter")
        assert f"─ 2 :pods  {state.upper()} since 20:25Z why " in at.text()
        at.session.push("browse:pods", *pods)  # a list that is still read, or what is left of one
        await at.settle()
        assert f"─ 2 :pods  3  {state.upper()} since 20:25Z why " in at.text()


async def test_a_kind_of_which_there_are_none_is_counted_once_its_list_was_read() -> None:
    async with seat() as at:
        at.session.topics["browse:pods"] = scripted.browsed(0)
        await at.press("colon", *"pods", "enter")
        assert "─ 2 :pods  0  esc back ─" in at.text()


async def test_changes_that_could_not_be_read_are_not_counted_as_none() -> None:
    watch = SourceView(c("watch"), c("forbidden"), NOW - 60, c("Pod: 403"))
    async with seat(session=Scripted({"header": [scripted.header(sources=(watch,))]})) as at:
        await at.press("h")
        assert "─ 2 What changed in 24 hours  esc back ─" in at.text()
        at.session.push("header", scripted.header())
        await at.settle()
        assert "─ 2 What changed in 24 hours  0  esc back ─" in at.text()
