"""`warroom posture FILE…`: exit codes, one line a weakness, and nothing hostile or secret in any of them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.console.posture.manifests import Object, container, pod


def posture(*args: str, given: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "console", "posture", *args]
    return subprocess.run(command, capture_output=True, text=True, input=given, timeout=60)


def write(path: Path, *objects: Object) -> str:
    path.write_text("\n---\n".join(json.dumps(one) for one in objects))
    return str(path)


def test_clean_is_0_weak_is_10_and_each_weakness_is_a_line(tmp_path: Path) -> None:
    clean, weak = write(tmp_path / "clean.yaml", pod()), write(tmp_path / "weak.yaml", pod(), pod(hostPID=True))

    assert (posture(clean).returncode, posture(clean).stdout) == (0, "")
    done = posture("--json", weak)
    assert done.returncode == 10
    assert json.loads(done.stdout) == {
        "object": "Pod/shop/web",
        "standard": "baseline",
        "control": "hostNamespaces",
        "message": "the pod shares the node's PID namespace",
        "field": "spec.hostPID",
    }
    assert "hostNamespaces" in posture(weak).stdout
    assert posture("-", given=Path(weak).read_text()).returncode == 10


def test_the_version_is_the_newest_unless_named(tmp_path: Path) -> None:
    sysctl = {"sysctls": [{"name": "net.ipv4.tcp_notsent_lowat", "value": "1"}]}
    path = write(tmp_path / "pod.yaml", pod(securityContext=sysctl))

    assert posture(path).returncode == 0
    assert posture(path, "--psa-version", "v1.36").returncode == 10


def test_what_cannot_be_read_is_2_and_hides_nothing_else(tmp_path: Path) -> None:
    done = posture("--json", write(tmp_path / "weak.yaml", pod(hostPID=True)), str(tmp_path / "absent"))

    assert done.returncode == 2
    assert json.loads(done.stdout)["control"] == "hostNamespaces"
    assert done.stderr.startswith("warroom: ")
    assert "absent: cannot be read: No such file or directory." in done.stderr


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--cluster", "pod.yaml"], "not both"),
        (["--psa-version", "newest", "pod.yaml"], "write it as v1.29"),
    ],
)
def test_bad_input_is_a_sentence(args: list[str], words: str) -> None:
    done = posture(*args)

    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_nothing_hostile_and_no_secret_gets_out(tmp_path: Path) -> None:
    env = [{"name": "DB_PASSWORD", "value": "canarysecretword"}]
    hostile = pod("\x1b]52;c;aGk=\x07\u202eweb", **container(env=env, image="app\x1b[2J"))

    for form in ([], ["--json"]):
        done = posture(*form, write(tmp_path / "hostile.yaml", hostile))
        assert done.returncode == 10
        assert not {"\x1b", "\x07", "\u202e"} & set(done.stdout)
        assert "canarysecretword" not in done.stdout


def test_rules_that_are_off_are_not_called_blind_and_own_ones_are(tmp_path: Path) -> None:
    """What nobody looks for is not missing under an audit policy."""
    policy: Object = {"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "rules": []}
    path, config = write(tmp_path / "policy.yaml", policy), tmp_path / "config.toml"
    (tmp_path / "mine").mkdir()
    mine = "title: m\nid: MY-RULE\nlevel: low\ndetection:\n  s: {verb: create}\n  condition: s\n"
    (tmp_path / "mine" / "mine.yml").write_text(mine)
    (tmp_path / "mine" / "bad.yml").write_text("title: [")
    config.write_text('[rules]\nfolder = "mine"\ndisable = ["K8S-SECRETS-DUMP", "K8S-ROLE-CHANGED"]\n')

    plain = {json.loads(row)["control"] for row in posture("--json", path).stdout.splitlines()}
    done = posture("--json", path, "--config", str(config))
    changed = {json.loads(row)["control"] for row in done.stdout.splitlines()}

    assert plain ^ changed == {"K8S-SECRETS-DUMP", "K8S-ROLE-CHANGED", "MY-RULE"}
    assert f"{tmp_path}/mine/bad.yml:1: not YAML" in done.stderr
    assert done.returncode == 10
