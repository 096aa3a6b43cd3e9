"""Mirror of widgets."""
