"""The rules as queries of a search cluster: where the audit trail outgrows one machine the rules go to the data.

In: compiled rules, and what the fields of an index are mapped to. Out: for each rule a query that every event it
matches fulfils (others may too: `detector` judges what comes back), or why there is none. Pure; nothing is asked here.

    trees -> patterns, columns -> deriving -> bounding -> pushable -> lucene (alone imports `sigma`, and late)
"""
