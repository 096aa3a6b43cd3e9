"""The written forms of audit events: one record's bytes in, `AuditEvent`s out. Pure; for sources and offline runs.

`reading` chooses; `lenient` builds an event from any mapping; one file for each cloud's envelope.
Nothing here may raise anything but `DataError`, whatever the bytes are: they come from outside.
"""
