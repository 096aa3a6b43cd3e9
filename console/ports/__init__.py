"""Protocols between rooms, and the small view Structs a seat is given.

No implementation but clocks and tasks lives here.
"""
