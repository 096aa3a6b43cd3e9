"""The drill: a simulated cluster behind the cluster port, scenarios as data, an attacker who reacts, and a score.

It answers the calls our actions, checks and watches make, and no others (501 says so). One contract suite runs
against it and against a real API server, so that what is practised here holds there. Nothing here talks to a real
cluster, reads a clock of its own or writes anything outside its memory.
"""
