"""The room: what arrives is shown, where it belongs, in every size and state, and keys move and read."""

from __future__ import annotations

import pytest
from textual.events import Key

from console.config.keymap import keymap
from console.ports.session import Acknowledge, Arm, Detail, Mark, Note, Place, PlanAction
from console.ports.views import FindingRow, SourceView
from tests.widgets import scripted
from tests.widgets.scripted import NOW, Scripted, c
from tests.widgets.seats import seat
from widgets.messages import Linked, Ticked


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_mode_cluster_and_clock_show_in_every_size(size: tuple[int, int]) -> None:
    async with seat(size) as at:
        head, below = at.text().splitlines()[:2]

    for words in ("quiet-heron", "CONTAIN", "T+00:42", "prod-eu", "api.prod-eu.example:6443", "READ-ONLY"):
        assert words in head
    for words in ("prometheus STALE since 20:20Z", "audit live", "watch live", "seats"):
        assert words in below


async def test_seats_give_way_to_what_is_wrong_with_a_source() -> None:
    sources = tuple(SourceView(c(f"webhook-{i}"), c("stale"), NOW - 400) for i in range(2))
    rows = scripted.room_rows() | {"header": [scripted.header(sources=sources, armed=((c("bo"), NOW + 600),))]}
    async with seat((80, 24), Scripted(rows)) as at:
        below = at.text().splitlines()[1]
        assert "webhook-1 STALE since 20:20Z" in below
        assert "seats" not in below
    rows["header"] = [scripted.header(sources=sources[:1], armed=((c("bo"), NOW + 600),))]
    async with seat((80, 24), Scripted(rows)) as at:
        assert "seats 2*" in at.text().splitlines()[1]


async def test_a_wide_terminal_shows_everything_at_once_and_a_narrow_one_pane_at_a_time() -> None:
    names = ("Suspicious activity", "Affected resources", "3 Checklist", "4 Journal", "Detail", "Who is here")
    async with seat((200, 60)) as wide:
        assert all(name in wide.text() for name in names)
    async with seat((80, 24)) as narrow:
        assert [name for name in names if name in narrow.text()] == ["Suspicious activity", "3 Checklist", "4 Journal"]
        await narrow.press("3")
        assert "Affected pods are isolated" in narrow.text()
        assert "exec into pod" not in narrow.text()


async def test_severity_is_a_word_and_a_mark_and_never_colour_alone() -> None:
    async with seat((200, 60)) as at:
        for word in ("CRIT !!", "HIGH !", "MED  ~", "(LOW)"):
            assert word in at.text()


async def test_a_delta_changes_its_row_and_the_cursor_stays_on_its_key() -> None:
    async with seat() as at:
        await at.press("j", "j")
        before = at.room.table().sheet.cursor
        row = at.session.topics["findings"][8]
        assert isinstance(row, FindingRow)
        worst = FindingRow(c("new"), c("critical"), 1, NOW, NOW, c("brand new"), c("r"), c("Pod"), c("a/b"), c("eve"))
        at.session.push("findings", worst)
        await at.settle()

        assert "brand new" in at.text()
        assert at.room.table().sheet.cursor == before


async def test_detail_follows_the_cursor_and_names_the_keys_that_act() -> None:
    async with seat() as at:
        assert "x i quarantine" in at.text()
        await at.press("2")
        await at.press("j", "j")
        assert "x o cordon" in at.text()
        assert "x i quarantine" not in at.text()


async def test_without_an_audit_source_pane_one_says_what_is_unknown_and_what_to_do() -> None:
    session = Scripted({"header": [scripted.header(sources=(SourceView(c("watch"), c("live"), NOW),))]})
    async with seat(session=session) as at:
        assert "No audit source" in at.text()
        assert "--audit PATH" in at.text()


async def test_findings_of_other_sources_do_not_hide_that_there_is_no_audit_source() -> None:
    rows = scripted.room_rows() | {"header": [scripted.header(sources=(SourceView(c("watch"), c("live"), NOW),))]}
    for size in ((80, 24), (120, 40)):
        async with seat(size, Scripted(rows)) as at:
            assert "exec into pod" in at.text()
            assert "No audit source" in at.text()
            assert "--audit PATH" in at.text()


@pytest.mark.parametrize("state", ["failed", "stale"])
async def test_findings_from_before_do_not_hide_that_the_audit_source_fell_silent(state: str) -> None:
    sources = (SourceView(c("audit"), c(state), NOW - 400, c("permission denied")),)
    rows = scripted.room_rows() | {"header": [scripted.header(sources=sources)]}
    async with seat((80, 24), Scripted(rows)) as at:
        assert f"audit is {state} since 20:20Z: permission denied: who did what" in at.text()
        await at.press("G")
        assert "anonymous probing" in at.text()


async def test_a_source_that_is_still_being_read_is_not_called_silent() -> None:
    sources = (SourceView(c("audit"), c("loading"), NOW), SourceView(c("watch"), c("live"), NOW))
    async with seat(session=Scripted({"header": [scripted.header(sources=sources)]})) as at:
        assert "Still reading audit" in at.text()
        assert "Nothing suspicious" not in at.text()


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_when_the_engine_is_lost_before_anything_came_no_pane_looks_calm(size: tuple[int, int]) -> None:
    live = (SourceView(c("audit"), c("live"), NOW),)
    async with seat(size, Scripted({"header": [scripted.header(sources=live)]})) as at:
        at.session.lose()
        await at.settle()
        assert at.line("ENGINE LOST, trying again")
        assert "Nothing suspicious" not in at.text()
        assert "no sign of calm" in at.text()
        assert "live" not in at.text().splitlines()[1]
        at.room.post_message(Linked())
        await at.settle()
        assert "Waiting for the engine's first findings" in at.text(), "connected again is not yet informed again"


async def test_rows_of_a_lost_engine_are_called_old_until_it_answers_again() -> None:
    async with seat() as at:
        at.session.lose()
        await at.settle()
        assert "1 Suspicious activity  OLD: the engine is lost" in at.text()
        at.session.gone = False
        await at.clock.advance(2)
        await at.settle()
        assert "OLD" not in at.text()
        assert "exec into pod" in at.text()


async def test_silence_of_live_sources_is_not_called_calm_and_a_stale_one_is_named() -> None:
    live = (SourceView(c("audit"), c("live"), NOW),)
    async with seat(session=Scripted({"header": [scripted.header(sources=live)]})) as at:
        assert "no proof" in at.text()
    stale = (*live, SourceView(c("audit:2"), c("failed"), NOW, c("permission denied")))
    async with seat(session=Scripted({"header": [scripted.header(sources=stale)]})) as at:
        assert "audit:2 is failed since 20:26Z: permission denied" in at.text()
        assert "FAILED since" in at.text()


async def test_the_last_24_hours_show_until_something_is_affected() -> None:
    rows = scripted.room_rows()
    rows["resources"] = []
    async with seat(session=Scripted(rows)) as at:
        assert "What changed in 24 hours" in at.text()
        assert "kubectl-create" in at.text()
        at.session.push("resources", *scripted.resources())
        await at.settle()
        assert "Affected resources" in at.text()


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("loading", "Listing pods"),
        ("forbidden", "You may not list Pod"),
        ("absent", "serves no pods"),
        ("stale", "since"),
    ],
)
async def test_the_browser_says_why_it_is_empty(state: str, said: str) -> None:
    rows = scripted.room_rows()
    head = scripted.browsed(0)[0]
    rows["browse:pods"] = [type(head)(head.key, head.kind, head.titles, head.right, c(state), NOW, c("no"))]  # type: ignore[union-attr,call-arg,arg-type]
    async with seat(session=Scripted(rows)) as at:
        await at.press("colon", *"pods", "enter")
        assert said in at.text()


async def test_a_kind_is_browsed_filtered_sorted_and_left() -> None:
    async with seat() as at:
        at.session.topics["browse:pods"] = scripted.browsed(50)
        await at.press("colon", *"pods", "enter")
        assert "web-00000" in at.line("shop ")
        assert "browse:pods" in at.session.subscribed
        await at.press("slash", *"crash", "enter")
        assert "/crash 8" in at.text()
        await at.press("escape")
        assert "/crash" not in at.text()
        await at.press("escape")
        assert "Affected resources" in at.text()


async def test_namespaced_topics_and_aliases_are_understood() -> None:
    async with seat() as at:
        await at.press("colon", *"sa", "space", *"shop", "enter")
        assert at.session.subscribed[-1] == "browse:serviceaccounts:shop"


async def test_keys_typed_in_one_go_reach_the_place_they_were_meant_for() -> None:
    async with seat() as at:
        at.session.answers[PlanAction] = scripted.plan()
        for key in ("j", "k", "x", "i"):
            at.app.post_message(Key(key, key))
        await at.settle()
        await at.settle()
        assert "PLAN 7c1e" in at.text()


async def test_acknowledging_marks_and_notes_go_to_the_engine() -> None:
    async with seat() as at:
        await at.press("space", "space", "a")
        assert [request.finding for request in at.asked(Acknowledge)] == ["f0", "f1"]
        await at.press("n", *"seen", "enter")
        [note] = at.asked(Note)
        assert (note.text, note.about) == ("seen", "f2")
        await at.press("3", "colon", *"claim", "enter")
        assert at.asked(Mark) == [Mark("I-03", "claimed", "")]


async def test_arming_asks_for_a_reason_and_shows_until_when() -> None:
    async with seat() as at:
        await at.press("colon", *"arm", "enter")
        assert not at.asked(Arm)
        await at.press(*"theft", "enter")
        assert at.asked(Arm) == [Arm("theft")]
        at.session.push("header", scripted.header(armed=((c("ana"), NOW + 900),)))
        await at.settle()
        assert "ARMED until 20:41Z" in at.text()
        assert "READ-ONLY" not in at.text().splitlines()[0]


async def test_an_unknown_command_names_near_ones_and_sends_nothing() -> None:
    async with seat() as at:
        await at.press("colon", *"pod.quarantin", "enter")
        assert "Did you mean :pod.quarantine" in at.text()
        assert not [request for request in at.session.asked if not isinstance(request, Place)]


async def test_ctrl_k_and_ctrl_d_do_nothing_but_say_where_containment_is() -> None:
    async with seat() as at:
        for key in ("ctrl+k", "ctrl+d"):
            await at.press(key)
            assert "Nothing was done. Containment starts with x" in at.text()


async def test_freezing_holds_the_screen_and_counts_what_it_holds() -> None:
    async with seat() as at:
        await at.press("f")
        at.session.push("findings", removes=("f0",))
        at.session.push("journal", *scripted.entries())
        await at.settle()
        assert "FROZEN" in at.text()
        assert "+5 held" in at.text()
        assert "exec into pod" in at.text()
        await at.press("f")
        assert "FROZEN" not in at.text()
        assert "exec into pod" not in at.text()


async def test_zoom_and_present_show_one_pane_and_end() -> None:
    async with seat() as at:
        await at.press("2", "z")
        assert "Suspicious activity" not in at.text()
        await at.press("escape")
        assert "Suspicious activity" in at.text()
        await at.press("p")
        assert "╭" not in at.text()
        await at.press("p")
        assert "╭" in at.text()


async def test_reading_keys_ask_for_the_row_and_show_the_text() -> None:
    async with seat() as at:
        at.session.answers[Detail] = scripted.text(("owner", "Deployment web"), ("", "  indented: kept"))
        for key, what in (("d", "detail"), ("y", "manifest"), ("l", "logs"), ("t", "timeline")):
            await at.press(key)
            assert at.asked(Detail)[-1] == Detail("findings", "f0", what)
            assert "  indented: kept" in at.text()
            await at.press("escape")
            assert "Suspicious activity" in at.text()


async def test_a_window_too_small_says_so_and_refuses_containment() -> None:
    async with seat((40, 10)) as at:
        assert "window too small" in at.text()
        await at.press("x")
        assert "too small" in at.text().splitlines()[-1]
        assert not at.asked(PlanAction)
    async with seat((20, 5)) as at:
        assert at.text()


async def test_a_resize_moves_from_one_pane_to_all_and_back() -> None:
    async with seat((80, 24)) as at:
        await at.pilot.resize_terminal(200, 60)
        await at.settle()
        assert "Who is here" in at.text()
        await at.pilot.resize_terminal(80, 24)
        await at.settle()
        assert "Who is here" not in at.text()


async def test_alarms_login_and_banner_stand_over_everything() -> None:
    more = {"alarms": (c("foreign use of our id"),), "login": c("run aws sso login"), "banner": c("insecure TLS")}
    async with seat(session=Scripted(scripted.room_rows() | {"header": [scripted.header(**more)]})) as at:
        head = "\n".join(at.text().splitlines()[:6])
        assert "LOGIN NEEDED" in head
        assert "ALARM  foreign use of our id" in head
        assert "insecure TLS" in head


async def test_ages_grow_with_the_engines_clock_by_the_minute() -> None:
    async with seat() as at:
        assert "<1m" in at.line("cluster-admin bound")
        await at.clock.advance(120)
        at.room.post_message(Ticked())
        await at.settle()
        assert " 2m " in at.line("cluster-admin bound")


async def test_ascii_draws_nothing_but_ascii() -> None:
    async with seat(ascii_only=True, theme="mono") as at:
        assert at.text().isascii()


async def test_a_command_opens_its_pane_on_a_narrow_terminal_too() -> None:
    async with seat((80, 24)) as at:
        await at.press("w", "escape")
        for key, character in (("colon", ":"), *((letter, letter) for letter in "pods"), ("enter", "\r")):
            at.app.post_message(Key(key, character))
        await at.settle()
        await at.settle()
        assert "2 :pods" in at.text()
        await at.press("j")
        assert at.room.table("resources").sheet.cursor == "Pod/shop/web-00001"


async def test_a_click_chooses_row_and_pane() -> None:
    async with seat() as at:
        await at.pilot.click("#resources", offset=(5, 3))
        await at.settle()
        assert at.room.pane == "resources"
        assert at.room.table().row is at.room.table().rows.at(1)


@pytest.mark.parametrize(("opened", "character"), [("slash", "/"), ("colon", ":"), ("n", "n")])
async def test_what_follows_a_key_that_asks_for_a_line_is_never_a_key_of_the_room(opened: str, character: str) -> None:
    async with seat() as at:
        for key, typed in (("2", "2"), (opened, character), ("t", "t"), ("3", "3"), ("q", "q")):
            at.app.post_message(Key(key, typed))
        await at.settle()
        await at.settle()
        assert not at.asked(Detail)
        assert at.room.pane == "resources"
        assert "t3q" in at.text()


async def test_a_click_beside_an_open_prompt_leaves_it_the_keys() -> None:
    async with seat() as at:
        await at.press("slash")
        await at.pilot.click("#resources", offset=(5, 3))
        await at.settle()
        await at.press(*"t3")
        assert " /t3" in at.text()
        assert not at.asked(Detail)
        await at.press("enter")
        await at.press("k")
        assert at.room.focused is at.room.table("resources")


async def test_what_is_said_names_the_keys_as_they_were_remapped() -> None:
    own = {"row.acknowledge": "A", "act.contain": "v", "act.evidence": "b", "room.changes": "H", "act.undo": "m"}
    header = scripted.header(sources=(SourceView(c("audit"), c("live"), NOW),))
    async with seat((200, 60), Scripted({"header": [header]}), keymap=keymap(own, scripted.specs())) as at:
        shown = at.text()
        assert "H shows what changed before" in shown
        assert "v on a row contains it" in shown
        assert "m lists them" in shown
        await at.press("A")
        assert "A acknowledges findings" in at.text()
        await at.press("ctrl+k")
        assert "Containment starts with v" in at.text()
        await at.press("question_mark")
        pages = [at.text()]
        for _ in range(4):
            await at.press("pagedown")
            pages.append(at.text())
        assert any("b     evidence.pod" in page for page in pages)
