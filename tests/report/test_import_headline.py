from reconciler.model.problem import Problem
from reconciler.model.words import Result
from reconciler.report.headline import headline, next_steps
from tests.report.samples import report, tenant


def test_an_import_says_how_many_files_it_wrote():
    """A tenant that couldn't be read has no file."""
    made = report("import", Result.FAILED, 1, tenant("acme", Result.APPLIED), tenant("globex", Result.FAILED))
    assert headline(made) == "Wrote 1 file for 2 tenants."
    assert next_steps(made)[0].endswith("reconciler plan")


def test_an_import_that_failed_is_run_again():
    """`validate` would look at the files that were written, which have no fault."""
    problem = Problem("tenants/globex.yaml", 0, 0, "", "import/unreadable", "It can't be read.")
    made = report("import", Result.FAILED, 1, tenant("globex", Result.FAILED, problems=(problem,)))
    assert next_steps(made) == ("Mend the problems, then import those tenants again: reconciler import TENANT",)
