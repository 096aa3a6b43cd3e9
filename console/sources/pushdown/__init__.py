"""The rules, asked of a search cluster: what an index has, and the events of a query in order of time.

In: an address, an index, queries. Out: what its fields are mapped to, and documents as they were indexed, with whatever
the cluster could not search. Nothing here knows a rule.

    cluster -> shape (what an index is), scan (one query, page by page) -> merge (several, as one)
"""
