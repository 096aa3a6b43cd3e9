"""Clocks that differ: doctor, the header and the drawn screen say by how much; a refused certificate says whose clock.

The API server is the real one; a proxy shifts the Date of its answers.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from console.ports.views import HeaderView
from tests.cli.scripted import Config, kubeconfig, trusting
from tests.cli.shifting import shifted
from tests.controlplane.running import ControlPlane
from tests.engine.running import Installation, until
from tests.rooms.sitting import Sitting

CORDON = ("contain", "node.cordon", "node/node-1", "--plan")


@pytest.fixture(params=[420, -420], ids=["server ahead", "server behind"])
def apart(request: pytest.FixtureRequest, controlplane: ControlPlane, tmp_path: Path) -> Iterator[Installation]:
    """An installation whose API server's clock is seven minutes from ours."""
    authority = trustme.CA()
    with shifted(controlplane, authority, request.param) as server:
        one = Installation(kubeconfig(controlplane, tmp_path, lambda config: trusting(config, authority, server)))
        yield one
        one.stop()
        shutil.rmtree(one.state, ignore_errors=True)


def way(apart: Installation, request: pytest.FixtureRequest) -> str:
    return "behind" if request.node.callspec.params["apart"] > 0 else "ahead"


def test_doctor_and_the_drawn_header_say_how_far_and_which_way(
    apart: Installation, controlplane: ControlPlane, request: pytest.FixtureRequest
) -> None:
    side = way(apart, request)

    checks = {one["name"]: one for one in map(json.loads, apart.run("doctor", "--json").stdout.splitlines())}
    assert checks["clock"]["state"] == "note"
    assert re.search(rf"this clock is 4[12]\d s {side}", checks["clock"]["text"])
    assert "Start time syncing" in checks["clock"]["text"]

    with Sitting(apart, controlplane.audit_log) as seat:
        seat.see(rf"clock 7m {side}")
        seat.see("1 Suspicious activity")


async def test_the_difference_is_in_the_header_of_every_seat(
    apart: Installation, request: pytest.FixtureRequest
) -> None:
    apart.run("checklist", "--json")

    async with apart.seat() as seat:
        (header,) = await until(seat, "header", HeaderView, lambda rows: bool(rows[0].version))

    assert abs(abs(header.skew) - 420) < 5
    assert (header.skew < 0) == (way(apart, request) == "behind")


def client(plane: ControlPlane, folder: Path, begins: float, ends: float) -> Path:
    """A kubeconfig with a certificate for the admin, signed by the cluster itself, valid between these hours."""
    authority = x509.load_pem_x509_certificate((plane.folder / "ca.crt").read_bytes())
    signing = serialization.load_pem_private_key((plane.folder / "ca.key").read_bytes(), None)
    assert isinstance(signing, ec.EllipticCurvePrivateKey)
    key, now = ec.generate_private_key(ec.SECP256R1()), dt.datetime.now(dt.UTC)
    names = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "system:masters"),
             x509.NameAttribute(NameOID.COMMON_NAME, "admin")]  # fmt: skip
    made = (
        x509.CertificateBuilder()
        .subject_name(x509.Name(names))
        .issuer_name(authority.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + dt.timedelta(hours=begins))
        .not_valid_after(now + dt.timedelta(hours=ends))
        .sign(signing, hashes.SHA256())
    )
    form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "key.pem").write_bytes(key.private_bytes(*form))
    (folder / "key.pem").chmod(0o600)
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))

    def present(config: Config) -> None:
        files = {"client-certificate": str(folder / "cert.pem"), "client-key": str(folder / "key.pem")}
        config["users"][0]["user"] = files

    return kubeconfig(plane, folder, present)


@pytest.mark.parametrize(
    ("begins", "ends", "words"),
    [(1, 2, "its client certificate is valid only from"), (-2, -1, "its client certificate expired on")],
    ids=["not yet", "no longer"],
)
def test_a_client_certificate_of_another_time_is_named(
    controlplane: ControlPlane, tmp_path: Path, begins: float, ends: float, words: str
) -> None:
    """As after a clock was set wrong where it was issued: the API server says only 401."""
    one = Installation(client(controlplane, tmp_path, begins, ends))
    try:
        done = one.run(*CORDON)
        doctor = one.run("doctor")
    finally:
        one.stop()
        shutil.rmtree(one.state, ignore_errors=True)

    edge = dt.datetime.now(dt.UTC) + dt.timedelta(hours=begins if begins > 0 else ends)
    for said in (done.stderr, doctor.stdout):
        assert f"{words} {edge:%Y-%m-%d %H}:" in said
        assert "Log in again" in said
        assert "Traceback" not in said
    assert done.returncode == 7
    assert doctor.returncode == 1


def test_a_client_certificate_of_now_is_let_in(controlplane: ControlPlane, tmp_path: Path) -> None:
    """So that the two above are refused for their time alone."""
    one = Installation(client(controlplane, tmp_path, -1, 1))
    try:
        assert one.run(*CORDON).returncode == 0
    finally:
        one.stop()
        shutil.rmtree(one.state, ignore_errors=True)
