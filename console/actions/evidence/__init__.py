"""Reading what an attacker or a controller could destroy, and sealing it."""
