"""`detect` over files keeps the contract of its lines and exit codes."""

from __future__ import annotations

import gzip
import io
import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from console.rules import offline as module
from console.rules.compiling import RuleSet
from console.rules.loading import load_rules
from console.rules.offline import FOUND, NOTHING, UNREADABLE, detect, shipped_rules
from tests.console.rules.events import line

EXEC = {
    "verb": "get",
    "objectRef": {"resource": "pods", "subresource": "exec", "namespace": "shop", "name": "web"},
    "user": {
        "username": "system:serviceaccount:shop:web",
        "groups": ["system:serviceaccounts"],
        "extra": {
            "authentication.kubernetes.io/pod-name": ["web-1"],
            "authentication.kubernetes.io/node-name": ["n1"],
            "authentication.kubernetes.io/credential-id": ["JTI=7"],
        },
    },
    "impersonatedUser": {"username": "bob"},
    "auditID": "a",
}
CALM = {"verb": "get", "objectRef": {"resource": "pods"}}


@cache
def _rules() -> RuleSet:
    return shipped_rules()


def _detect(*paths: Path, floor: str = "medium", form: str = "auto") -> tuple[int, list[dict[str, Any]], str]:
    out, err = io.StringIO(), io.StringIO()
    code = detect([str(path) for path in paths], form, floor, out, err, rules=_rules())
    return code, [json.loads(one) for one in out.getvalue().splitlines()], err.getvalue()


@pytest.fixture
def log(tmp_path: Path) -> Path:
    file = tmp_path / "audit.log"
    file.write_bytes(line(EXEC) + b"\n" + line(CALM, 1) + b"\n")
    return file


def test_a_line_has_exactly_the_fields_of_the_contract(log: Path) -> None:
    code, found, _ = _detect(log)
    assert code == FOUND
    (one,) = [finding for finding in found if finding["rule"] == "K8S-EXEC-POD"]
    assert one == {
        "rule": "K8S-EXEC-POD",
        "catalogue": ["D13"],
        "severity": "medium",
        "attack": ["T1609"],
        "first": "2026-11-23T07:00:00.000Z",
        "last": "2026-11-23T07:00:00.000Z",
        "count": 1,
        "who": {
            "user": "system:serviceaccount:shop:web",
            "as": "bob",
            "groups": ["system:serviceaccounts"],
            "ip": "10.0.0.7",
            "agent": "kubectl/v1.33.1 (linux/amd64) kubernetes/8adc0f0",
            "pod": "shop/web-1",
            "node": "n1",
            "credential": "JTI=7",
        },
        "target": {"group": "", "kind": "Pod", "subresource": "exec", "namespace": "shop", "name": "web", "uid": ""},
        "source": "audit.log",
        "sources": ["audit.log"],
        "story": one["story"],
        "events": ["a"],
    }
    assert re.fullmatch("[0-9a-f]{8}", one["story"]), "running a command as somebody else is two tactics"


def test_exit_codes(log: Path, tmp_path: Path) -> None:
    calm, empty, garbage = tmp_path / "calm", tmp_path / "empty", tmp_path / "garbage"
    calm.write_bytes(line(CALM) + b"\n")
    empty.touch()
    garbage.write_bytes(b"hello\nworld\n")
    assert _detect(log)[0] == FOUND
    assert _detect(log, floor="critical")[0] == NOTHING
    assert _detect(calm)[0] == NOTHING
    assert _detect(empty)[0] == UNREADABLE
    assert _detect(garbage)[0] == UNREADABLE
    assert _detect(tmp_path / "none")[0] == UNREADABLE
    assert _detect(tmp_path)[0] == UNREADABLE
    assert _detect(calm, form="nope")[0] == UNREADABLE
    assert _detect(calm, floor="nope")[0] == UNREADABLE


def test_a_file_s_name_cannot_drive_the_terminal(tmp_path: Path) -> None:
    named = tmp_path / "a\x1b]52;c;eA==\x07\u202eb"
    named.write_bytes(b"hello\n")

    _, _, said = _detect(named)

    assert "no line is an audit event or what a sensor tells" in said
    assert not {"\x1b", "\x07", "\u202e"} & set(said)


def test_malformed_lines_are_counted_aloud_and_change_no_exit_code(log: Path) -> None:
    log.write_bytes(b"{torn\n" + log.read_bytes() + b'{"kind": 0}\n')
    code, found, err = _detect(log)
    assert (code, len(found) > 0) == (FOUND, True)
    assert "2 malformed lines" in err


def test_a_packed_file_a_list_and_a_document_over_many_lines_are_read(log: Path, tmp_path: Path) -> None:
    packed, listed, pretty = tmp_path / "a.gz", tmp_path / "list", tmp_path / "pretty"
    packed.write_bytes(gzip.compress(log.read_bytes()))
    body = {"kind": "EventList", "items": [json.loads(one) for one in log.read_bytes().splitlines()]}
    listed.write_text(json.dumps(body))
    pretty.write_text(json.dumps(body, indent=2))
    for file in (packed, listed, pretty):
        code, found, err = _detect(file)
        assert (code, err) == (FOUND, ""), file
        assert "K8S-EXEC-POD" in {one["rule"] for one in found}


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "packed"])
def test_standard_input_is_read_as_a_file_is(log: Path, packed: bool) -> None:
    data = gzip.compress(log.read_bytes()) if packed else log.read_bytes()
    command = [sys.executable, "-m", "console", "detect", "--json", "-"]

    done = subprocess.run(command, input=data, capture_output=True, timeout=60, check=False)

    assert (done.returncode, done.stderr) == (FOUND, b"")
    assert {json.loads(one)["source"] for one in done.stdout.splitlines()} == {"stdin"}


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "packed"])
def test_a_pipe_is_read_from_its_first_byte(log: Path, packed: bool) -> None:
    """`warroom detect <(zcat audit-*.gz)`: it can be opened only once."""
    command = f"{sys.executable} -m console detect --json <({'gzip -c' if packed else 'cat'} {log})"

    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60, check=False)

    assert (done.returncode, done.stderr) == (FOUND, "")
    assert "K8S-EXEC-POD" in done.stdout


def test_a_torn_archive_is_named_and_what_was_read_is_shown(log: Path, tmp_path: Path) -> None:
    torn = tmp_path / "torn.gz"
    torn.write_bytes(gzip.compress(log.read_bytes() * 200)[:-20])
    code, _, err = _detect(torn)
    assert code == UNREADABLE
    assert "cannot be read" in err


@pytest.mark.parametrize("size", [1, 7, 100, 10_000])
def test_lines_are_whole_wherever_a_block_of_the_file_ends(
    log: Path, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.write_bytes(log.read_bytes() + b"\n{torn\n" + line({**EXEC, "auditID": "last"}, 9))
    whole = _detect(log)
    monkeypatch.setattr(module, "_BLOCK", size)

    assert _detect(log) == whole
    assert whole[1][0]["count"] == 2


@pytest.mark.parametrize("size", [10, 5000, 1 << 18])
@pytest.mark.parametrize("end", [b"\n", b""])
def test_a_line_beyond_the_limit_is_counted_once_and_the_others_are_read(
    log: Path, size: int, end: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_BLOCK", size)
    monkeypatch.setattr(module, "LINE_LIMIT", 2000)
    first, second = line({**EXEC, "auditID": "first"}), line({**EXEC, "auditID": "second"}, 1)
    log.write_bytes(b"\n".join((first, b"x" * 20_000, b"y" * 9000, second)) + end)

    _, found, err = _detect(log)

    assert "2 malformed lines" in err
    assert [one["events"] for one in found if one["rule"] == "K8S-EXEC-POD"] == [["first", "second"]]


def test_findings_come_worst_first(log: Path) -> None:
    with log.open("ab") as file:
        for number in range(3):
            file.write(
                line({"verb": "list", "objectRef": {"resource": "secrets"}, "userAgent": "curl/8"}, number) + b"\n"
            )
    order = [one["severity"] for one in _detect(log, floor="info")[1]]
    ranks = ["critical", "high", "medium", "low", "info"]
    assert order == sorted(order, key=ranks.index)


def test_a_broken_rule_file_names_file_and_line_and_leaves_the_others(tmp_path: Path) -> None:
    good = "title: t\nid: OK-1\nlevel: low\ndetection:\n  s: {verb: get}\n  condition: s\n"
    cases = {
        "syntax.yml": ("title: [\n", "not YAML"),
        "brackets.yml": ("[" * 100_000, "more than 100 levels"),
        "level.yml": (good.replace("low", "loud"), "level.yml:3: level 'loud'"),
        "key.yml": (good + "colour: red\n", "key.yml:7: unknown key"),
        "long.yml": (good.replace("title: t", "title: " + "x" * 41), "at most 40"),
        "none.yml": ("- 1\n", "a rule is a mapping"),
        "search.yml": (good.replace("{verb: get}", "[]"), "search.yml:4: search 's'"),
        "span.yml": (good + "threshold: {count: 3, within: soon}\n", "span.yml:7"),
    }
    (tmp_path / "good.yml").write_text(good)
    (tmp_path / "same.yml").write_text(good)
    for name, (text, _) in cases.items():
        (tmp_path / name).write_text(text)
    loaded = load_rules(tmp_path)
    assert [rule.id for rule in loaded.rules] == ["OK-1"]
    for _, words in cases.values():
        assert any(words in fault for fault in loaded.faults), (words, loaded.faults)
    assert any("already that of" in fault for fault in loaded.faults)


def _approval(user: str) -> dict[str, Any]:
    """A request that a control plane may make, and nobody else."""
    on = {"resource": "mutatingwebhookconfigurations", "apiGroup": "admissionregistration.k8s.io", "name": "x"}
    body = {"webhooks": [{"name": "a.b.c", "clientConfig": {"url": "https://evil.example/m"}}]}
    return {"verb": "create", "objectRef": on, "user": {"username": user}, "requestObject": body, "auditID": "p"}


@pytest.mark.parametrize(
    ("user", "form", "own"),
    [
        ("eks:addon-manager", "eks", True),
        ("eks:addon-manager", "k8s", False),
        ("eks:addon-manager", "auto", False),
        ("eks:addon-manager", "gke", False),
        ("aksService", "aks", True),
        ("aksService", "auto", False),
        ("system:kube-controller-manager", "k8s", True),
    ],
)
def test_a_providers_name_is_its_own_only_where_the_log_is_said_to_be_of_it(
    tmp_path: Path, user: str, form: str, own: bool
) -> None:
    """On a cluster of one's own whoever can sign a client certificate may call himself so."""
    file = tmp_path / "audit.log"
    file.write_bytes(line(_approval(user)) + b"\n")

    _, found, _ = _detect(file, form=form)

    assert ("K8S-WEBHOOK-OUTSIDE" not in {one["rule"] for one in found}) is own


def test_an_envelope_tells_whose_cluster_it_is_of(tmp_path: Path) -> None:
    file = tmp_path / "audit.log"
    wrapped = {"logGroup": "/aws/eks/prod/cluster", "message": line(_approval("eks:addon-manager")).decode()}
    bare = json.dumps({"message": wrapped["message"]}).encode()
    for text, own in ((json.dumps(wrapped).encode(), True), (bare, False)):
        file.write_bytes(text + b"\n")
        _, found, _ = _detect(file)
        assert ("K8S-WEBHOOK-OUTSIDE" not in {one["rule"] for one in found}) is own


def test_findings_of_one_actor_are_one_story_and_are_raised_by_it(tmp_path: Path) -> None:
    """Eve looks round, reads every secret and takes the cluster; what jane does at the same time stays apart."""
    eve = {"username": "eve", "groups": ["system:authenticated"]}
    steps: list[dict[str, Any]] = [
        {"user": eve, "verb": "create", "objectRef": {"resource": "selfsubjectrulesreviews"}},
        {"user": eve, "verb": "list", "objectRef": {"resource": "secrets"}, "requestURI": "/api/v1/secrets?limit=500"},
        {"user": eve, "verb": "create", "objectRef": {"resource": "clusterrolebindings", "name": "x"},
         "requestObject": {"roleRef": {"kind": "ClusterRole", "name": "cluster-admin"},
                           "subjects": [{"kind": "User", "name": "eve"}]}},
        {"user": eve, "verb": "create", "objectRef": {"resource": "daemonsets", "apiGroup": "apps", "namespace": "a"},
         "requestObject": {"metadata": {"name": "agent"}}},
        EXEC,
    ]  # fmt: skip
    file = tmp_path / "audit.log"
    file.write_bytes(b"\n".join(line(step, second) for second, step in enumerate(steps)))

    _, found, _ = _detect(file, floor="low")
    hers = [one for one in found if one["who"]["user"] == "eve"]
    (dump,) = [one for one in hers if one["rule"] == "K8S-SECRETS-DUMP"]
    assert {one["story"] for one in hers} == {dump["story"]} != {""}
    assert dump["severity"] == "critical", "its rule says high; four tactics raise it"
    assert dump["story"] not in {one["story"] for one in found if one not in hers}
    (exec_,) = [one for one in found if one["rule"] == "K8S-EXEC-POD"]
    assert exec_["severity"] == "medium"


def test_the_same_request_out_of_two_files_is_one_finding_that_names_both(tmp_path: Path) -> None:
    one, two = tmp_path / "node-1.log", tmp_path / "search.log"
    one.write_bytes(line(EXEC))
    two.write_bytes(line(EXEC) + b"\n" + line({**EXEC, "auditID": "b"}, 5))

    _, found, _ = _detect(one, two)
    (finding,) = [one for one in found if one["rule"] == "K8S-EXEC-POD"]
    assert (finding["count"], finding["events"]) == (2, ["a", "b"])
    assert (finding["source"], finding["sources"]) == ("node-1.log", ["node-1.log", "search.log"])
