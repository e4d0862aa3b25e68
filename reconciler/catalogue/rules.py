"""House rules: `rules/KEY.yaml` to `HouseRule`s.

They are stricter than the spec, each with its reason, and never asked of live values.
"""

import re
from collections.abc import Mapping

from reconciler.catalogue.cursor import Cursor, start
from reconciler.catalogue.plainness import plain_fault
from reconciler.catalogue.sources import Sources
from reconciler.model.key import HouseRule
from reconciler.model.problem import Problem
from reconciler.model.words import Severity
from reconciler.strictyaml import parse

_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def read_rules(sources: Sources, problems: list[Problem]) -> dict[str, tuple[HouseRule, ...]]:
    """Return the rules of each key, by its full name, in the order of the file."""
    found: dict[str, tuple[HouseRule, ...]] = {}
    for name, data in sources.rules.items():
        file = f"{sources.folder}/rules/{name}"
        page = start(parse(data, file=file), file, problems)
        rules = tuple(rule for item in page.items() if (rule := _rule(item)))
        found[name.removesuffix(".yaml")] = rules
        for rule_id in sorted({rule.id for rule in rules if [other.id for other in rules].count(rule.id) > 1}):
            page.say("rules", f"{rule_id} is used for two rules", "An id names one rule of a key.")
    return found


def _rule(place: Cursor) -> HouseRule | None:
    place.only("id", "severity", "reason", "hint", "schema")
    rule_id = place.member("id").text()
    if rule_id and not _ID.fullmatch(rule_id):
        place.member("id").say("rules", "An id is made of lower-case letters, digits and single hyphens")
    severity = place.member("severity")
    if severity.value not in list(Severity):
        severity.say("rules", "The severity is error or warning")
        return None
    reason, hint = place.member("reason").text(), place.member("hint").text(needed=False)
    schema = place.member("schema")
    if not isinstance(schema.value, Mapping):
        schema.say("rules", "A rule needs a JSON Schema of the value")
        return None
    fault = plain_fault(schema.value)
    if fault:
        schema.say("rules", f"Not one plain JSON Schema: {fault}")
        return None
    return HouseRule(rule_id, Severity(severity.value), reason, schema.value, hint)
