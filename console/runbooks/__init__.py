"""The checklist: cards of items as data, and what makes an item tick.

In: YAML cards, verdicts of `console.checks`, people's marks out of the folded journal. Out: item states and rows.
Nothing here calls a cluster or writes a journal; an item never ticks on anything but an observation or a person's word.
"""
