"""Bytes to nodes with positions: the part of YAML that has one meaning, and a finding for all the rest.

`parse` never raises for what a file holds. It accepts UTF-8, one document, mappings with string keys, sequences
and YAML 1.2 core scalars that JSON can carry too. It refuses anchors, aliases, merge keys, tags, directives and
duplicate keys, because each of them makes a file mean something other than what a reviewer sees. `quick` is for
many files of which most are in order: it says what such a file means, and nothing of any other.
"""

from reconciler.strictyaml.document import Document, Hidden, Item, Node, Path, nothing_hidden
from reconciler.strictyaml.parser import MAX_BYTES, MAX_DEPTH, parse
from reconciler.strictyaml.quick import quick, quick_placed

__all__ = [
    "MAX_BYTES",
    "MAX_DEPTH",
    "Document",
    "Hidden",
    "Item",
    "Node",
    "Path",
    "nothing_hidden",
    "parse",
    "quick",
    "quick_placed",
]
