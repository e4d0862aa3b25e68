"""Values against JSON Schemas: the compiled form waves through what fits, jsonschema says what is wrong with the rest.

Most values fit, and for them jsonschema need not even be loaded. See docs/decisions/0010.
"""

from typing import TYPE_CHECKING, Any

from reconciler.catalogue.compiled import Passes, compiled
from reconciler.catalogue.misfit import Misfit
from reconciler.model.key import Schema

if TYPE_CHECKING:
    from reconciler.catalogue.authority import Authority


class Checker:
    """One schema, ready to be asked many times. Takes plain JSON data, with tuples for lists if need be."""

    __slots__ = ("_authority", "_passes", "_refuses", "_schema")

    def __init__(self, schema: Schema) -> None:
        """Keep `schema`, which has no references; each form of it is made when it is asked."""
        self._schema = schema
        self._authority: Authority | None = None
        self._passes: Passes | None = None
        self._refuses: Passes | None = None

    def passes(self, value: Any) -> bool:
        """True if `value` fits as far as the compiled form can tell; false says nothing."""
        if self._passes is None:
            self._passes = compiled(self._schema)
        return self._passes(value)

    def fits(self, value: Any) -> bool:
        """True if `value` fits the schema: a boolean is no number, 20.0 is an integer, NaN is nothing."""
        if self.passes(value):
            return True
        # A no is often all that is wanted: of an order of writing, half of the fleet doesn't fit its condition.
        return not self._is_refused(value) and self._asked.fits(value)

    def misfits(self, value: Any) -> tuple[Misfit, ...]:
        """Return every way in which `value` doesn't fit, sorted by place, each once."""
        return self._asked.misfits(value)

    def _is_refused(self, value: Any) -> bool:
        """True if the compiled form can tell that `value` doesn't fit; false says nothing."""
        if self._refuses is None:
            self._refuses = compiled({"not": self._schema})
        return self._refuses(value)

    @property
    def _asked(self) -> "Authority":
        if self._authority is None:
            # Imported for the first value that isn't waved through: jsonschema takes longer than all of a start.
            from reconciler.catalogue.authority import Authority

            self._authority = Authority(self._schema)
        return self._authority
