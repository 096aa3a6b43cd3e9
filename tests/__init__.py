"""Tests of the war room; every folder below is a package, else `import console` would find `tests/console`."""
