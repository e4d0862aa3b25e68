from reconciler.model.words import Result
from reconciler.report.headline import headline, next_steps
from tests.report.samples import report, tenant


def test_an_import_says_how_many_files_it_wrote():
    """A tenant that couldn't be read has no file."""
    made = report("import", Result.FAILED, 1, tenant("acme", Result.APPLIED), tenant("globex", Result.FAILED))
    assert headline(made) == "Wrote 1 file for 2 tenants."
    assert next_steps(made)[0].endswith("reconciler plan")
