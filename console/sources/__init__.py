"""Sources of signals, one file each: foreign records in, `Signal`s and honest health out.

Each reads its world at the border, survives any malformed record (counted), resumes exactly where it was, holds
bounded memory and never decides what is suspicious. Plugged in by `console.bootstrap` alone; sources do not know each
other, except for `follower` (growing files) and `listener` and `receiver` (webhooks).
"""
