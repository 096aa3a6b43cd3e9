"""TLS contexts out of a kubeconfig: its authority and no other, its client certificate if it has one.

Keys never touch the disk here: the ssl module wants a file, and gets one that lives in memory where the system can.
"""

from __future__ import annotations

import os
import re
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from console.errors import ConfigError

_TIMES = re.compile(
    rb"\x30[\x1e\x20\x22](?:\x17\x0d(\d{12}Z)|\x18\x0f(\d{14}Z))(?:\x17\x0d(\d{12}Z)|\x18\x0f(\d{14}Z))", re.DOTALL
)


def context(authority: bytes, certificate: bytes, key: bytes, insecure: bool = False) -> ssl.SSLContext:
    """A client context.

    Args:
        authority: PEM; b"" means the system's store.
        certificate: PEM of the client, b"" for none.
        key: its private key.

    Raises:
        ConfigError: one of them is not PEM, or they do not belong together.
    """
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if insecure:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    elif authority:
        try:
            made.load_verify_locations(cadata=authority.decode("ascii"))
        except (ssl.SSLError, ValueError) as error:
            raise ConfigError("certificate-authority is not a PEM certificate. Correct the kubeconfig.") from error
    else:
        made.load_default_certs()
    if certificate:
        try:
            with _file(certificate + b"\n" + key) as path:
                made.load_cert_chain(path, password=_no_password)
        except (ssl.SSLError, OSError, ValueError) as error:
            raise ConfigError(
                "client-certificate and client-key are not PEM or do not belong together. Correct the kubeconfig."
            ) from error
    return made


def validity(certificate: bytes) -> tuple[float, float] | None:
    """Epoch seconds from and until which a PEM certificate is valid; None if that cannot be read."""
    begin = certificate.find(b"-----BEGIN CERTIFICATE-----")
    end = certificate.find(b"-----END CERTIFICATE-----", begin)
    if begin < 0 or end < 0:
        return None
    try:
        found = _TIMES.search(ssl.PEM_cert_to_DER_cert(certificate[begin : end + 25].decode("ascii")))
        if not found:
            return None
        return _moment(found.group(1), found.group(2)), _moment(found.group(3), found.group(4))
    except ValueError:
        return None


def _moment(short: bytes | None, long: bytes | None) -> float:
    form, text = ("%y%m%d%H%M%SZ", short) if short else ("%Y%m%d%H%M%SZ", long or b"")
    return datetime.strptime(text.decode(), form).replace(tzinfo=UTC).timestamp()


def _no_password() -> str:
    """The ssl module would ask on the terminal."""
    raise ValueError("the client key is encrypted")


@contextmanager
def _file(content: bytes) -> Iterator[str]:
    if hasattr(os, "memfd_create"):
        number = os.memfd_create("", os.MFD_CLOEXEC)
        try:
            os.write(number, content)
            yield f"/proc/self/fd/{number}"
        finally:
            os.close(number)
    else:
        with tempfile.NamedTemporaryFile() as file:  # 0600 by contract
            file.write(content)
            file.flush()
            yield file.name
