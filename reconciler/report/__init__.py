"""Renders a `Report`: JSON (and back), text, Markdown, HTML; decides how a run ended; merges the reports of shards.

Everything here is a pure function of the model, but for `write.save`, the file of `journal`, and `collecting`.
"""
