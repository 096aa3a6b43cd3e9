"""Verifiers: pure functions from facts to verdicts, shared by actions' verify and by checklist items.

Nothing here calls a cluster, reads a file or a clock. A check names the facts it reads; what is missing is `Unknown`,
and unknown never ticks.
"""
