"""Detection rules as Sigma YAML, compiled to an index, and what is kept while events stream past them.

In: `AuditEvent`s (raw values). Out: `Finding`s, and the ledger of streams and calls that checks ask for.
Pure: no clock (time is the events' own), no cluster, no adapter. Whatever an event holds, nothing here raises.

    loading -> conditions, matching -> joining, narrowing, indexing -> compiling -> detector -> windows, folding
    bodies, podspecs, rights, callers, agents -> view, fields (what a rule may ask; see `data/README.md`)
    offline: all of it over files, skimming what no rule can match
    ledger: open streams, last calls      changes: what changed in the last 24 hours
"""
