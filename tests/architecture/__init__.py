"""Rules about the code itself, read from its syntax trees; who may import whom is import-linter's (`make check`)."""
