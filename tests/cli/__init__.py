"""The command line as people and scripts see it: words, exit codes, and what is left behind."""
