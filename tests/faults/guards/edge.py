"""Waits, and what arrives from outside."""

from tests.faults.breakages import Breakage

GUARD = "running/guard.py"

#: Waits, and what arrives from outside.
EDGE = (
    Breakage(
        "a lock is waited for without a limit",
        "waits/postgres/base.py",
        "            if limits.statement_s:",
        "            if False:",
        "tests/faults/test_patience.py::test_each_kind_of_process_keeps_its_limits",
    ),
    Breakage(
        "a silent PostgreSQL is waited for without a limit",
        "waits/postgres/base.py",
        "return super().wait(gen, interval, limit_s)",
        "return super().wait(gen, interval, timeout)",
        "tests/faults/test_silence.py::test_a_silent_address_is_503_everywhere_and_forgotten_when_it_is_back",
    ),
    Breakage(
        "one incident's writes take every thread",
        "running/admission.py",
        "_Place(max(1, self.threads // 2))",
        "_Place(self.threads)",
        "tests/faults/test_admission.py::test_writes_of_one_incident_wait_for_a_place_and_no_longer",
    ),
    Breakage(
        "any number of threads waits for one row",
        "waits/places.py",
        "self._waiting.get(key, 0) < most, PLACE_S",
        "True, PLACE_S",
        "tests/faults/test_patience.py::test_only_so_many_threads_wait_for_one_row",
    ),
    Breakage(
        "a header with an underscore passes for the real one",
        GUARD,
        ' if b"_" not in name]',
        "]",
        "tests/running/test_guard.py::test_headers_with_an_underscore_are_dropped",
    ),
    Breakage(
        "half an upload reaches the application",
        GUARD,
        "            if not is_whole:\n                return None\n",
        "",
        "tests/running/test_guard.py::test_a_broken_off_upload_reaches_nobody",
    ),
    Breakage(
        "a spreadsheet runs a cell",
        "pages/cells.py",
        """return f"'{text}" if risky else text""",
        "return text",
        "tests/pages/test_taking_along.py::test_no_cell_starts_a_formula",
    ),
    Breakage(
        "a secret reaches the log",
        "config/logs.py",
        "return without_secrets(super().format(record))",
        "return super().format(record)",
        "tests/config/test_views.py::test_no_secret_reaches_a_log_line",
    ),
    Breakage(
        "bodies that could not be read are kept for ever",
        "integrations/receiving.py",
        "    KeptBody.objects.filter(key=key).exclude(pk__in=newest).delete()\n",
        "",
        "tests/integrations/test_keys.py::test_of_what_could_not_be_read_the_newest_hundred_of_a_key_are_kept",
    ),
)
