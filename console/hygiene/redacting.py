"""Remove secrets from text, keeping their identity: the same secret gets the same mask, so people can talk about it.

Masks are keyed (HMAC with the incident's secret): a plain hash of a short secret could be guessed. Patterns run in
linear time (re2), whatever the attacker wrote.
"""

from __future__ import annotations

import hashlib
import hmac
import re

import re2

_OPTIONS = re2.Options()
_OPTIONS.log_errors = False

_PATTERNS: tuple[tuple[str, str], ...] = (
    ("jwt", r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?"),
    (
        "pem",
        r"-----BEGIN(?:[A-Z +]|%20)*PRIVATE(?:[ +]|%20)KEY-----(?:[^-]|-[^-])*(?:-----END(?:[A-Z +]|%20)*KEY-----)?",
    ),
    ("pem", r"LS0tLS1CRUdJTi[A-Za-z0-9+/=]{8,}"),
    ("base64", r"\b(?:ZXlKaGJH|ZXlKMGVY|YXBpVmVyc2lvbjog)[A-Za-z0-9+/=_-]{16,}"),
    ("aws", r"\b(?:AKIA|ASIA|AGPA|AIDA|AROA)[A-Z0-9]{16}\b"),
    ("github", r"\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,})"),
    ("gitlab", r"\bglpat-[A-Za-z0-9_-]{16,}"),
    ("slack", r"\bxox[abprs]-[A-Za-z0-9-]{10,}"),
    ("google", r"\bAIza[A-Za-z0-9_-]{30,}"),
    ("bootstrap", r"\b[a-z0-9]{6}\.[a-z0-9]{16}\b"),
    ("bearer", r"(?i)\b(?:bearer|basic)[ +:=]+([A-Za-z0-9._~+/=-]{8,})"),
    ("url", r"[a-z][a-z0-9+.-]*://[^/\s:@]*:([^/\s@]+)@"),
    (
        "flag",
        r"""(?i)(?:^|[\s"'\[,=&])--?[a-z_-]*(?:pass(?:word|wd|phrase)?|secret|token|api-?key|access-?key|private-?key|credentials?)"""
        r"""(?:["']?[\s,]+["']?|\+|%20|&command=)([^\s"'&,;}\]⟨-][^\s"'&,;}\]]{3,})""",
    ),
    (
        "value",
        r"""(?i)(?:pass(?:word|wd|phrase)?|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential)s?(?:\\*["'])?\s*(?:=|:|%3D|%3d)\s*(?:\\*["'])?([^\s"'&,;}\]]{4,})""",
    ),
)
_COMPILED = tuple((name, re2.compile(pattern, _OPTIONS)) for name, pattern in _PATTERNS)
_ALL = re2.Set.SearchSet(_OPTIONS)
"""One pass over the text tells which patterns are in it: most texts hold no secret, most of the others one."""
for _, _pattern in _PATTERNS:
    _ALL.Add(_pattern)
_ALL.Compile()
_FLAG = re2.compile(
    r"(?i)^--?[a-z_-]*(?:pass(?:word|wd|phrase)?|secret|token|api-?key|access-?key|private-?key|credentials?)$",
    _OPTIONS,
)
_NO_SECRETS = frozenset({"true", "false", "null", "none", "secrets", "serviceaccounts"})
"""What stands after `automountServiceAccountToken:`, or in the API server's own sentences after `get secrets:` and
`create serviceaccounts/token:`, and is no secret whatever stands before it."""
_LONE = re.compile("[\ud800-\udfff]")


def mask(kind: str, secret: str, key: bytes) -> str:
    """The stand-in of one secret: `⟨jwt#3f9a len=812⟩`."""
    digest = hmac.new(key, secret.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:4]
    return f"⟨{kind}#{digest} len={len(secret)}⟩"


def names_secret(argument: str) -> bool:
    """Whether the argument after this one is a secret: `--db-password`, `-token`."""
    return _FLAG.search(argument) is not None


def redact(text: str, key: bytes) -> str:
    """`text` with every recognised secret masked."""
    try:
        found = _ALL.Match(text)
    except UnicodeEncodeError:  # half a surrogate pair has no bytes; JSON can write one
        text = _LONE.sub(lambda match: f"⟨U+{ord(match[0]):04X}⟩", text)
        found = _ALL.Match(text)
    if not found:
        return text
    for index in sorted(found):
        name, pattern = _COMPILED[index]
        text = _replace(text, name, pattern, key)
    return text


def _replace(text: str, name: str, pattern: re2._Regexp, key: bytes) -> str:
    parts: list[str] = []
    end = 0
    for match in pattern.finditer(text):
        group = 1 if match.re.groups else 0
        start, stop = match.span(group)
        if text.startswith("⟨", start) or text[start:stop].lower() in _NO_SECRETS:
            continue
        parts += [text[end:start], mask(name, text[start:stop], key)]
        end = stop
    return "".join([*parts, text[end:]])
