"""What the tests need beyond Python: provided once into a cache outside the checkout, never installed on the host.

In: nothing but the network and the toolchains that are there. Out: paths of programs, and for people one table
(`python -m tests.means`). Nothing here may write outside the cache folder, and nothing may skip silently: a mean
that is missing carries the reason and the way to get it, and with `CI=true` it fails the run.
"""
