"""The frozen vocabulary: values that cross borders, and the pure fold of journal entries into state.

Only the standard library and msgspec are used here. No I/O, no clock, no randomness.
"""
