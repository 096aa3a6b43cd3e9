"""Dialogs that cover the room: plan, progress, undo register, notes, texts, help."""
