"""Intake: files in, invoice lines out; nothing is lost, nothing is guessed."""
