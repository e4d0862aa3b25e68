"""`schemas/` to keys: the one source of every fact about a key, read, checked, and derived from."""

from reconciler.catalogue.catalogue import Catalogue
from reconciler.catalogue.load import load
from reconciler.catalogue.problem import CatalogueProblem

__all__ = ["Catalogue", "CatalogueProblem", "load"]
