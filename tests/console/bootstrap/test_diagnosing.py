"""`warroom doctor` on this host: everything it looks at without a cluster, where it works and where it does not."""

from __future__ import annotations

import getpass
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from console.bootstrap import diagnosing
from console.bootstrap.diagnosing import BAD, GOOD, NOTE, Diagnosis, host, sources
from console.config.options import Options
from tests.terminal import Terminal


def doctor(folder: Path, *words: str, **environment: str) -> tuple[dict[str, tuple[str, str]], int]:
    """What it says of each thing, as a person runs it without a terminal and without a cluster."""
    chosen = {"WARROOM_STATE": str(folder / "s"), "KUBECONFIG": str(folder / "absent")} | environment
    done = subprocess.run(
        [sys.executable, "-m", "console", "doctor", "--json", *words], env=os.environ | chosen, capture_output=True,
        text=True, timeout=60, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.stderr == ""
    found = [json.loads(line) for line in done.stdout.splitlines()]
    return {one["name"]: (one["state"], one["text"]) for one in found}, done.returncode


def of(name: str, options: Options) -> Diagnosis:
    return next(one for one in (*host(options), *sources(options)) if one.name == name)


def test_everything_is_looked_at_and_a_missing_cluster_makes_it_fail(tmp_path: Path) -> None:
    found, code = doctor(tmp_path)

    wanted = {"python", "package", "terminal", "locale", "state", "logout", "evidence", "rules", "sources", "cluster"}
    assert set(found) == wanted | {"alert.silence"}
    assert found["python"][0] == found["package"][0] == found["state"][0] == GOOD
    assert found["terminal"] == (NOTE, "standard output is no terminal: use `warroom status --json`")
    assert (found["cluster"][0], "absent" in found["cluster"][1]) == (BAD, True)
    assert code == 1


def test_another_distribution_that_brings_a_package_of_our_name_is_named(tmp_path: Path) -> None:
    """Both would be installed into the same folder: whichever came last has overwritten files of the other."""
    other = tmp_path / "site" / "console_extras-1.0.dist-info"
    other.mkdir(parents=True)
    (other / "METADATA").write_text("Metadata-Version: 2.1\nName: console-extras\nVersion: 1.0\n")
    (other / "RECORD").write_text("console/__init__.py,,\n")
    (other / "top_level.txt").write_text("console\n")

    found, _ = doctor(tmp_path, PYTHONPATH=str(other.parent))

    state, text = found["package"]
    assert (state, "console-extras shadows our package `console`" in text) == (BAD, True)
    assert "Install warroom by itself" in text


def test_a_locale_without_utf_8_is_noted_with_what_helps(tmp_path: Path) -> None:
    found, _ = doctor(tmp_path, LC_ALL="C", PYTHONCOERCECLOCALE="0", PYTHONUTF8="0")

    assert found["locale"][0] == NOTE
    assert "LANG=C.UTF-8" in found["locale"][1]


@pytest.mark.parametrize(
    ("term", "size", "line"),
    [
        ("xterm-256color", (120, 40), r"^ok +terminal +xterm-256color, 120x40$"),
        ("xterm-256color", (120, 12), r"^note +terminal +xterm-256color, 120x12: too small, 80x24"),
        ("dumb", (80, 24), r"^bad +terminal +TERM=dumb cannot draw\. Set TERM=xterm-256color"),
    ],
)
def test_a_terminal_is_judged_by_kind_and_size(tmp_path: Path, term: str, size: tuple[int, int], line: str) -> None:
    environment = {"TERM": term, "KUBECONFIG": str(tmp_path / "absent"), "WARROOM_STATE": str(tmp_path / "s")}
    with Terminal([sys.executable, "-m", "console", "doctor"], *size, environment) as terminal:
        terminal.wait_end(20)
        terminal.wait_for(line.replace("$", " *$"), 5)


def test_a_state_folder_that_cannot_be_made_is_bad(tmp_path: Path) -> None:
    assert of("state", Options(state=str(tmp_path / "new" / "er"))).state == GOOD
    (tmp_path / "file").touch()
    shown = of("state", Options(state=str(tmp_path / "file" / "s")))
    assert (shown.state, "--state" in shown.text) == (BAD, True)


@pytest.mark.parametrize(
    ("files", "state", "words"),
    [
        ({}, GOOD, "no systemd-logind here"),
        ({"run": ""}, GOOD, "KillUserProcesses is off"),
        ({"run": "", "etc/logind.conf": "[Login]\n#KillUserProcesses=yes\n"}, GOOD, "KillUserProcesses is off"),
        ({"run": "", "etc/logind.conf": "[Login]\nKillUserProcesses=yes\n"}, BAD, "loginctl enable-linger"),
        (
            {
                "run": "",
                "etc/logind.conf": "KillUserProcesses=yes\n",
                "etc/logind.conf.d/9.conf": "KillUserProcesses=no",
            },
            GOOD,
            "KillUserProcesses is off",
        ),
        ({"run": "", "etc/logind.conf": "KillUserProcesses=yes\n", "linger": ""}, GOOD, "lingering is on"),
    ],
    ids=["no systemd", "not said", "a comment", "kills", "a later file wins", "lingering"],
)
def test_whether_processes_survive_logout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], state: str, words: str
) -> None:
    for name, text in files.items():
        path = tmp_path / name if name != "linger" else tmp_path / "linger" / getpass.getuser()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.setattr(diagnosing, "LOGIND", tmp_path / "etc")
    monkeypatch.setattr(diagnosing, "SYSTEMD", tmp_path / "run")
    monkeypatch.setattr(diagnosing, "LINGER", tmp_path / "linger")

    shown = of("logout", Options())

    assert (shown.state, words in shown.text) == (state, True), shown


def test_sources_are_named_and_one_that_cannot_be_read_is_bad(tmp_path: Path) -> None:
    log = tmp_path / "audit.log"
    log.touch()
    none = of("sources", Options())
    assert (none.state, "intrusions are not seen" in none.text, "--audit PATH" in none.text) == (NOTE, True, True)

    os.mkfifo(tmp_path / "pipe")

    named = tuple(str(tmp_path / name) for name in ("audit.log", "gone", "pipe", ""))
    found = list(sources(Options(audit=named, prometheus="http://127.0.0.1:9")))

    audits = [one.state for one in found if one.name == "audit"]
    assert audits == [GOOD, BAD, BAD, BAD]
    assert "prometheus" in {one.name for one in found}


def test_servers_that_are_asked_are_named_without_a_password_in_their_address() -> None:
    found = {
        one.name: one.text for one in sources(Options(prometheus="http://me:s3cret@p:9/x@y", alertmanager="http://a"))
    }
    assert found["prometheus"] == "http://p:9/x@y (asked while an engine runs)"
    assert found["alertmanager"] == "http://a (asked while an engine runs)"
    assert "alert.silence" not in found


def test_an_action_whose_server_is_not_named_is_unavailable_with_the_reason() -> None:
    found = {one.name: one for one in sources(Options(alertmanager_webhook="127.0.0.1:0"))}
    assert found["alert.silence"].state == NOTE
    assert found["alert.silence"].text.startswith("unavailable: no Alertmanager is named")


def test_it_states_where_evidence_is_kept_and_how_much_of_the_disk_it_takes(tmp_path: Path) -> None:
    settings = tmp_path / "config.toml"
    settings.write_text("[evidence]\nitem_mib = 5\ntotal_mib = 50\nreserve_mib = 7\n")

    shown = of("evidence", Options(state=str(tmp_path / "s"), config=str(settings)))

    assert shown.text.startswith(f"{tmp_path}/s/INCIDENT/evidence: at most 5 MiB an item and 50 MiB in all; 7 MiB of")


def test_rules_that_do_not_run_are_told_each_with_its_reason(tmp_path: Path) -> None:
    plain = of("rules", Options())
    assert (plain.state, " run. " in plain.text) == (GOOD, True)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "odd.yml").write_text("title: [")
    settings = tmp_path / "config.toml"
    settings.write_text('[rules]\nfolder = "mine"\ndisable = ["K8S-EXEC-POD"]\n')

    found = [one for one in sources(Options(config=str(settings))) if one.name == "rules"]

    assert [one.state for one in found] == [NOTE, BAD]
    assert "1 rule disabled by the settings (K8S-EXEC-POD)" in found[0].text
    assert found[1].text.startswith(f"{tmp_path}/mine/odd.yml:1: not YAML")


def test_a_rules_folder_that_is_not_there_is_bad(tmp_path: Path) -> None:
    settings = tmp_path / "config.toml"
    settings.write_text('[rules]\nfolder = "absent"\n')

    shown = of("rules", Options(config=str(settings)))

    assert (shown.state, f"{tmp_path}/absent" in shown.text) == (BAD, True)
