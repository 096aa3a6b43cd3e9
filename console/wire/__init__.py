"""The Session port over a Unix socket: frames of MessagePack, one connection a seat.

Nothing here knows what an incident is; both sides speak `console.ports.session` only.
"""
