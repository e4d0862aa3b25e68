"""The page in Debian's Chromium: what a person gets who filters, uses the keyboard, opens, prints, or attacks."""

from collections.abc import Callable, Iterable

import pytest

from reconciler.model.report import KeyReport, TenantReport
from reconciler.model.words import Action, Cause, Result
from reconciler.report.cells import Kind, kind_of
from reconciler.report.grouping import groups, outliers
from reconciler.report.sections import sections
from tests.browser.conftest import SIZE, Seen
from tests.browser.fleets import CANCEL

pytestmark = pytest.mark.browser
SOON = 2000.0
"""Milliseconds from the start of the navigation to the first filter that a page of 2,000 tenants has obeyed."""


def told(tenants: int, keys: int, more: str = "") -> str:
    """What the page says of so many."""
    some = f"{tenants:,} tenants" if tenants == SIZE else f"{tenants:,} of {SIZE:,} tenants"
    return f"{some}, {keys:,} {'key' if keys == 1 else 'keys'}{more}."


def those(seen: Seen, fits: Callable[[KeyReport], bool]) -> str:
    """What the page should say when it shows the keys that fit."""
    found = [sum(map(fits, tenant.keys)) for tenant in seen.large.tenants]
    return told(sum(map(bool, found)), sum(found))


def names(tenants: Iterable[TenantReport]) -> list[str]:
    """The first three, as the grid's first rows would have them."""
    return [tenant.tenant for tenant in tenants][:3]


def test_a_page_of_two_thousand_tenants_is_soon_of_use(seen: Seen):
    """The best of three loads, for the machine may have others to serve."""
    times = [took for took, _ in seen.facts["soon"]]
    assert {text for _, text in seen.facts["soon"]} == {told(3, 16)}
    assert min(times) < SOON


def test_nothing_is_asked_for_and_nothing_goes_wrong(seen: Seen):
    """No request but for the file, no word on the console, no exception, no violation of the policy, no alert."""
    assert seen.facts["trouble"] == []


def test_only_the_rows_that_can_be_seen_are_there(seen: Seen):
    """At both ends of the fleet, while assistive technology is told of all of them."""
    assert 10 < seen.facts["drawn"] < 60
    assert 10 < seen.facts["drawnAtTheEnd"] < 60
    assert seen.facts["counts"] == [str(SIZE + 1), "7"]


def test_filters_show_the_tenants_that_fit_and_say_how_many(seen: Seen):
    """By text, by one and by two kinds, by cause, and by a key besides; each view has an address."""
    filters = seen.facts["filters"]
    assert filters["everything"][:2] == [those(seen, lambda _: True), ""]
    assert filters["text"] == [told(1, 6), "#text=brand-0042+staging", ["brand-0042-staging"]]
    assert filters["none"][0] == "No tenant fits these filters."
    assert filters["update"][:2] == [those(seen, lambda key: kind_of(key) is Kind.UPDATE), "#kind=update"]
    assert filters["updateOrCreate"][0] == those(seen, lambda key: kind_of(key) in {Kind.UPDATE, Kind.CREATE})

    def drifted(key: KeyReport) -> bool:
        return kind_of(key) is Kind.UPDATE and key.change.cause is Cause.DRIFT

    assert filters["drift"][:2] == [those(seen, drifted), "#kind=update&cause=drift"]
    assert filters["driftOfKey"][0] == those(seen, lambda key: drifted(key) and key.change.key.endswith(CANCEL))


def test_tenants_come_in_the_order_that_was_asked_for(seen: Seen):
    """Riskiest first at first; by name; by result, the worst first; by what happens to a key."""
    filters = seen.facts["filters"]
    assert filters["everything"][2] == names(section.tenant for section in sections(seen.large))
    assert filters["byName"][2] == names(sorted(seen.large.tenants, key=lambda tenant: tenant.tenant))
    failed = {tenant.tenant for tenant in seen.large.tenants if tenant.result is Result.FAILED}
    assert set(filters["byResult"][2]) <= failed
    creating = {
        tenant.tenant
        for tenant in seen.large.tenants
        for key in tenant.keys
        if key.change.action is Action.CREATE and key.change.key.endswith("big_sales_order")
    }
    assert set(filters["byKey"][2]) <= creating


def test_a_group_shows_its_tenants_in_the_fleet(seen: Seen):
    """Those of the first group that has several; the keyboard is then in the grid."""
    first = next(group for group in groups(seen.large) if len(group.tenants) > 1)
    size = len(first.tenants)
    assert seen.facts["filters"]["group"][0] == told(size, size, " with the same change")
    assert isinstance(seen.facts["groupFocus"], list)


def test_a_link_opens_the_view_that_it_was_copied_from(seen: Seen):
    """Filters are in the address; a page that is open follows when it changes."""
    assert seen.facts["shared"] == [seen.facts["filters"]["driftOfKey"][0], "drift", f"sales_order.{CANCEL}"]
    assert seen.facts["followed"] == those(seen, lambda key: kind_of(key) is Kind.BLOCKED)


def test_the_grid_is_walked_with_the_keyboard(seen: Seen):
    """One stop for Tab, then arrows, Home, End, Page Up and Down, and Control for the whole; never over an edge."""
    assert seen.facts["stops"] == 1
    moves = list(seen.facts["moves"].items())
    page = moves[7][1][0]
    assert page > 6
    expected = [
        ("Tab", [2, 1]),
        ("1 ArrowDown", [3, 1]),
        ("2 ArrowRight", [3, 2]),
        ("3 End", [3, 7]),
        ("4 ArrowRight", [3, 7]),
        ("5 Home", [3, 1]),
        ("6 ArrowLeft", [3, 1]),
        ("7 PageDown", [page, 1]),
        ("8 PageUp", [3, 1]),
        ("9 Control+End", [SIZE + 1, 7]),
        ("10 ArrowDown", [SIZE + 1, 7]),
        ("11 Control+Home", [2, 1]),
        ("12 ArrowUp", [1, 1]),
        ("13 ArrowUp", [1, 1]),
    ]
    assert moves == expected


def test_enter_opens_a_cell_and_escape_leads_back_to_it(seen: Seen):
    """The keyboard goes into the panel and comes back; the address says what is open while it is."""
    opening = seen.facts["opening"]
    assert opening["before"] == opening["after"]
    assert (opening["inside"], opening["hash"]) == ("panel", "")
    assert opening["open"].startswith("#open=brand-")
    assert seen.facts["slash"] == "INPUT", "a slash searches"
    assert seen.facts["outlier"] == ["brand-0086 / on_hold_timer_duration", "panel"]


@pytest.mark.parametrize(
    ("panel", "parts"),
    [
        (
            "applied",
            [
                "acme / on_hold_timer_duration",
                "Grace period of orders",
                "edited in this revision",
                "3600 seconds (1 h) 7200 seconds (2 h)",
                "POSTs sent 1",
                "Read back as declared",
                "Request id req-7f3a",
                "tenants/acme.yaml:8:3",
                "Live since 2026-03-02T10:00:00Z",
                "then two places compete",
            ],
        ),
        ("failed", ["Came back as 90.", "Read back not as declared", "drift: changed on the platform"]),
        ("blocked", ['restore "EU" in the file', 'prefix "EU" "NS"', "Can be set once", "POSTs sent none"]),
        (
            "unknown",
            [
                "api_key (sensitive, changes) secret WEBHOOK_API_KEY",
                "retries 3 not there",
                "drops",
                "may have been written",
            ],
        ),
        ("quiet", ["in sync", '{"enabled": true}', "tenants/acme.yaml:5:3", "another order management system leads"]),
        ("undeclared", ["doesn't declare this key"]),
        ("tenant", ["acme applied", "Undo", "sales_order: on_hold_timer_duration: 3600"]),
    ],
)
def test_a_cell_tells_all_that_is_known_of_its_key(seen: Seen, panel: str, parts: list[str]):
    """Before and after with units, reason, cause, place, meaning, and what became of it."""
    for part in parts:
        assert part in seen.facts["panels"][panel]


def test_next_and_previous_walk_through_what_is_not_in_sync(seen: Seen):
    """In the order of the table, so a review misses none."""
    first, second, third, back = seen.facts["steps"]
    assert len({first, second, third}) == 3
    assert back == third


def test_a_cell_says_in_words_what_its_colour_says(seen: Seen):
    """To those who hear the page, and by its form to those who see no colours."""
    globex = next(row for row in seen.facts["shape"] if row[0].startswith("globex"))
    assert globex[1:4] == [
        "big_sales_order: rejected",
        "cancellation_allowed_from: skipped",
        "external_oms: not declared",
    ]


def test_strings_that_attack_stay_text(seen: Seen):
    """No element comes of them, in the panel neither, and no script runs."""
    hostile = seen.facts["hostile"]
    assert (hostile["foreign"], hostile["scripts"], hostile["attacked"]) == (0, 2, None)
    assert "<img src=x onerror=alert(1)>" in hostile["panel"]
    assert "\\u202e" in hostile["panel"]
    assert "\u202e" not in hostile["panel"]


def test_the_policy_is_in_force(seen: Seen):
    """Even a slip of ours could turn no text into markup, and nobody's script would run."""
    assert seen.facts["forbidden"] == {"markup": "TypeError", "script": "TypeError", "attacked": None}


def test_no_page_is_wider_than_its_window(seen: Seen):
    """On a phone, a laptop and a large screen; what is wide scrolls in a box of its own."""
    assert {name: width for name, width in seen.facts["widths"].items() if width > int(name.split()[1])} == {}


def test_without_scripts_the_page_is_not_empty(seen: Seen):
    """It says so, and tells what there is to know."""
    for part in (
        "Scripts are off",
        "6 changes in 3 of 6 tenants",
        "max_changed_percent",
        "can't be undone",
        "3600 → 7200",
    ):
        assert part in seen.facts["plain"]


def test_paper_has_everything_that_is_pending(seen: Seen):
    """Also the tenants beyond those that the page writes out; the only controls are names; then all is as before."""
    loud = sum(not section.is_quiet for section in sections(seen.large))
    assert loud > 200
    unlike = [name for one in outliers(seen.large) for _, names in one.others for name in names]
    assert unlike
    assert seen.facts["paper"] == {"fleet": 0, "buttons": 0, "unlike": unlike, "articles": loud, "more": 0}
    assert seen.facts["afterwards"] == 200


def test_axe_finds_nothing_serious(seen: Seen):
    """In light and dark, with the panel closed and opened; and it does see what is wrong."""
    bad = {"serious", "critical"}
    assert {name: [one for one in found if one[0] in bad] for name, found in seen.facts["axe"].items()} == {
        name: [] for name in seen.facts["axe"]
    }
    assert len(seen.facts["axe"]) == 4
    assert [one[:2] for one in seen.facts["axeSees"]] == [["serious", "color-contrast"]]
