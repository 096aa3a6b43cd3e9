"""The border for text: `clean()` makes it safe to draw, `redact()` removes secrets, `export()` does both.

Only here is `Clean` made. Pure: no I/O, no clock; the mask key is handed in.
"""
