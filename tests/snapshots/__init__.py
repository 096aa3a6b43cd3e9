"""Pictures of the screen in its sizes and states; `pytest --snapshot-update tests/snapshots` takes them anew."""
