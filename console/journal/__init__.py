"""The record of an incident on disk: the hash-chained journal, the evidence store, the findings and their folder.

In: entries and bytes that have passed the border for text (findings and evidence are raw, 0600). Out: the same, in
order, after any crash. Nothing here knows a cluster, a seat or an action.
"""
