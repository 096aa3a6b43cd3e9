"""One pane a file; panes do not know each other."""
