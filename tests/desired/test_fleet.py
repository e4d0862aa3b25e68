from collections.abc import Callable

import pytest

from reconciler.catalogue import Catalogue
from reconciler.desired.fleet import Fleet, load
from reconciler.desired.listing import list_files
from reconciler.model.tenant import DesiredTenant, Source
from reconciler.model.words import Severity

Load = Callable[..., Fleet]

OMS = "sales_order:\n  external_oms: {enabled: true}\n"
TIMER = "sales_order:\n  on_hold_timer_duration: 60\n"


def values(tenant: DesiredTenant) -> dict[str, object]:
    """Values by short name."""
    return {key.key.split(".", 1)[1]: key.value for key in tenant.keys}


def rules(fleet: Fleet) -> list[str]:
    """The rules of the problems that belong to no tenant, with their places."""
    return [f"{problem.where} {problem.rule}" for problem in fleet.problems]


def test_tenants_are_sorted_and_know_their_file(fleet_of: Load):
    """Subfolders don't show in a tenant's name."""
    fleet = fleet_of({"zoe.yaml": OMS, "eu/acme.yml": TIMER})
    assert [(one.tenant, one.file) for one in fleet.tenants] == [
        ("acme", "tenants/eu/acme.yml"),
        ("zoe", "tenants/zoe.yaml"),
    ]
    assert fleet.problems == ()


def test_later_profiles_win_and_the_file_wins_over_all(fleet_of: Load):
    """Whole keys: fields are never mixed. The source is the file that declares the key."""
    fleet = fleet_of(
        {
            "_one.yaml": f"{TIMER}  big_sales_order: {{soft_limit_for_big_orders: 1}}\n",
            "eu/_two.yaml": "sales_order:\n  on_hold_timer_duration: 2\n  external_oms: {enabled: false}\n",
            "acme.yaml": f"extends: [_one, eu/_two]\n{OMS}",
            "beta.yaml": f"extends: [eu/_two, _one]\n{OMS}",
        }
    )
    acme, beta = fleet.tenants
    expected = {"big_sales_order": {"soft_limit_for_big_orders": 1}, "external_oms": {"enabled": True}}
    assert values(acme) == {**expected, "on_hold_timer_duration": 2}
    assert values(beta) == {**expected, "on_hold_timer_duration": 60}
    assert [key.source for key in acme.keys] == [
        Source("tenants/_one.yaml", 3, 3),
        Source("tenants/acme.yaml", 3, 3),
        Source("tenants/eu/_two.yaml", 2, 3),
    ]
    assert acme.problems == beta.problems == ()


def test_values_are_normalised(fleet_of: Load):
    """Defaults are filled in, sets sorted, whole floats are integers."""
    (acme,) = fleet_of(
        {
            "acme.yaml": "sales_order:\n"
            "  cancellation_allowed_from: [store, dc]\n"
            "  on_hold_timer_duration: 20.0\n"
            "  external_order_webhook: {url: https://a.example/, api_key: {secret: K}}\n"
        }
    ).tenants
    assert values(acme)["cancellation_allowed_from"] == ("dc", "store")
    assert repr(values(acme)["on_hold_timer_duration"]) == "20"
    webhook = values(acme)["external_order_webhook"]
    assert repr(webhook) == "{'url': 'https://a.example/', 'api_key': SecretRef(name='K'), 'timeout': 15}"


def test_a_profiles_problem_is_told_once_and_stops_every_tenant_that_extends_it(fleet_of: Load):
    """Even a tenant that overrides the broken key: what the profile means is not known."""
    fleet = fleet_of(
        {
            "_bad.yaml": 'sales_order:\n  on_hold_timer_duration: "1"\n',
            "_good.yaml": OMS,
            "acme.yaml": f"extends:\n  - _good\n  - _bad\n{TIMER}",
            "beta.yaml": "extends: [_good]\n",
        }
    )
    acme, beta = fleet.tenants
    assert rules(fleet) == ["tenants/_bad.yaml:2:27 spec/type"]
    assert [(one.where, one.pointer, one.rule, one.tenant) for one in acme.problems] == [
        ("tenants/acme.yaml:3:5", "/extends/1", "profile/broken", "acme")
    ]
    assert "tenants/_bad.yaml:2:27" in acme.problems[0].message
    assert beta.problems == ()


def test_a_profiles_warning_stops_nobody(fleet_of: Load):
    """Only errors do."""
    fleet = fleet_of({"_slow.yaml": "sales_order: {on_hold_timer_duration: 999999}", "acme.yaml": "extends: [_slow]"})
    assert [problem.severity for problem in fleet.problems] == [Severity.WARNING]
    assert fleet.tenants[0].problems == ()
    assert values(fleet.tenants[0]) == {"on_hold_timer_duration": 999999}


def test_a_profile_may_not_extend_nor_hold_a_key_that_is_set_once(fleet_of: Load):
    """Both at their names, and the write-once key reaches nobody."""
    fleet = fleet_of(
        {
            "_p.yaml": "extends: [_q]\n"
            "sales_order:\n"
            "  sales_order_generator_sequence: {prefix: NS, size: 16, start: 1, step: 1}\n"
            "  on_hold_timer_duration: 5\n",
            "acme.yaml": "extends: [_p]\n",
        }
    )
    assert rules(fleet) == ["tenants/_p.yaml:1:1 profile/nested", "tenants/_p.yaml:3:3 profile/write-once"]
    assert values(fleet.tenants[0]) == {"on_hold_timer_duration": 5}
    assert [problem.rule for problem in fleet.tenants[0].problems] == ["profile/broken"]


def test_an_unused_profile_is_validated_too(fleet_of: Load):
    """A broken profile is found before somebody needs it."""
    assert rules(fleet_of({"_p.yaml": "", "acme.yaml": OMS})) == ["tenants/_p.yaml:1:1 yaml/empty"]


def test_an_unknown_profile_is_named_with_what_was_probably_meant(fleet_of: Load):
    """With its file's ending it is unknown as well, and the hint says how it is called."""
    fleet = fleet_of({"_retail.yaml": OMS, "acme.yaml": "extends: [_retial, _retail.yaml, acme]\n", "beta.yaml": TIMER})
    problems = fleet.tenants[0].problems
    assert [problem.rule for problem in problems] == ["profile/unknown"] * 3
    assert all("_retail" in problem.hint for problem in problems)
    assert fleet.tenants[1].problems == ()


def test_without_profiles_the_hint_says_what_a_profile_is(fleet_of: Load):
    """Nothing can be suggested where nothing is."""
    (acme,) = fleet_of({"acme.yaml": "extends: [_retail]\n"}).tenants
    assert "_NAME.yaml" in acme.problems[0].hint


def test_one_tenants_problem_is_not_anothers(fleet_of: Load):
    """Each tenant has its own problems and its own keys."""
    acme, beta = fleet_of({"acme.yaml": "- x\n", "beta.yaml": OMS}).tenants
    assert [problem.rule for problem in acme.problems] == ["spec/type"]
    assert beta.problems == ()
    assert values(beta) == {"external_oms": {"enabled": True}}


def test_only_selected_tenants_are_read_and_reported(fleet_of: Load):
    """Bad names and profiles are everybody's; a tenant's problems are its own, two files for it included."""
    texts = {"acme.yaml": OMS, "beta.yaml": "", "eu/beta.yml": "", "Gamma.yaml": "", "_p.yaml": ""}
    fleet = fleet_of(texts, ["acme", "nobody"])
    assert [one.tenant for one in fleet.tenants] == ["acme"]
    assert rules(fleet) == ["tenants/Gamma.yaml file/name", "tenants/_p.yaml:1:1 yaml/empty"]
    (beta,) = fleet_of(texts, ["beta"]).tenants
    assert [(one.rule, one.tenant) for one in beta.problems] == [("file/same-name", "beta")]
    assert "tenants/beta.yaml" in beta.problems[0].message
    assert "tenants/eu/beta.yml" in beta.problems[0].message


def test_a_file_that_cant_be_read_is_a_problem_of_its_tenant(catalogue: Catalogue, memory: Callable[..., object]):
    """It may vanish, or lose its permissions, between listing and reading."""
    files = memory({"acme.yaml": "permission denied", "beta.yaml": OMS.encode()})
    acme, beta = load(list_files(files, shown="tenants"), None, catalogue).tenants  # type: ignore[arg-type]
    assert [(one.where, one.rule) for one in acme.problems] == [("tenants/acme.yaml", "file/unreadable")]
    assert "permission denied" in acme.problems[0].message
    assert beta.problems == ()


def test_a_file_over_a_megabyte_is_a_problem_of_its_tenant(fleet_of: Load):
    """No more than a megabyte and a byte is read of it."""
    (acme,) = fleet_of({"acme.yaml": b"#" * (1 << 20) + b"\n"}).tenants
    assert [problem.rule for problem in acme.problems] == ["file/size"]


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("", id="nothing"),
        pytest.param("null", id="null"),
        pytest.param("~", id="tilde"),
    ],
)
def test_a_key_without_a_value_says_how_to_undeclare_it(value: str, fleet_of: Load):
    """The finding stands at the key's name."""
    (acme,) = fleet_of({"acme.yaml": f"sales_order:\n  on_hold_timer_duration: {value}\n"}).tenants
    (problem,) = acme.problems
    assert (problem.line, problem.column, problem.rule) == (2, 3, "spec/type")
    assert "remove the line" in problem.hint
    assert acme.keys == ()


def test_the_same_files_in_another_order_give_the_same_fleet(fleet_of: Load):
    """The walk's order doesn't matter."""
    texts = {
        "acme.yaml": "extends: [_p, _q]",
        "beta.yaml": "",
        "_p.yaml": OMS,
        "_q.yaml": TIMER,
        "B.yaml": "",
        "C.yml": "",
    }
    assert fleet_of(texts) == fleet_of(dict(reversed(texts.items())))
