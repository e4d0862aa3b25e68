"""Renders a `Report`: JSON (and back), text, Markdown, HTML; decides how a run ended; merges the reports of shards.

Everything here but `write.save` is a pure function of the model.
"""
