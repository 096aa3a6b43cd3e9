"""Pure renderers: a row and a look in, lines of spans out. No widget, no state, no clock of their own."""
