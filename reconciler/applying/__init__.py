"""Writes what was approved, through the Reader and Writer ports, and says what became of it."""
