"""Figures that insights and reviews compute."""

from tests.faults.breakages import Breakage

#: Formulas.
FIGURES = (
    Breakage(
        "the mean is the median",
        "postmortems/insights/queries.py",
        "round(median(rows)), round(mean(rows))",
        "round(median(rows)), round(median(rows))",
        "tests/postmortems/insights/test_insights.py::test_p61_times_are_median_mean_and_nearest_rank_of_each_month",
    ),
    Breakage(
        "the ninetieth percentile is one place lower",
        "postmortems/insights/queries.py",
        "-(-len(rows) * 9 // 10) - 1",
        "-(-len(rows) * 9 // 10) - 2",
        "tests/postmortems/insights/test_insights.py::test_p61_times_are_median_mean_and_nearest_rank_of_each_month",
    ),
    Breakage(
        "an item that was late counts as on time",
        "postmortems/insights/queries.py",
        "return item.done_at is not None and item.done_at <= item.due_at",
        "return item.done_at is not None",
        "tests/postmortems/insights/test_insights.py::test_p61_items_late_not_yet_due_and_declined_are_judged_as_the_formulas_say",
    ),
    Breakage(
        "what was declined is judged",
        "postmortems/insights/queries.py",
        ").exclude(state=ItemState.DECLINED)",
        ")",
        "tests/postmortems/insights/test_insights.py::test_p61_items_late_not_yet_due_and_declined_are_judged_as_the_formulas_say",
    ),
    Breakage(
        "what was done yesterday is blamed for not being verified",
        "postmortems/insights/queries.py",
        "return old or item.state == ItemState.VERIFIED",
        "return True",
        "tests/postmortems/insights/test_insights.py::test_p61_items_late_not_yet_due_and_declined_are_judged_as_the_formulas_say",
    ),
    Breakage(
        "a promise that was let go counts as one",
        "postmortems/insights/queries.py",
        "len(kept) - kept.count(None)",
        "len(kept)",
        "tests/postmortems/insights/test_insights.py::test_p61_a_promise_counts_once_it_was_due_and_late_is_late",
    ),
    Breakage(
        "a promise kept late counts as kept",
        "postmortems/review/figures.py",
        "    if end > promise.due_at:\n        return False\n",
        "",
        "tests/postmortems/insights/test_insights.py::test_p61_a_promise_counts_once_it_was_due_and_late_is_late",
    ),
    Breakage(
        "what was caught before its impact shortens the mean",
        "postmortems/insights/queries.py",
        "if value is not None and value >= 0]",
        "if value is not None]",
        "tests/postmortems/insights/test_insights.py::test_p61_times_are_median_mean_and_nearest_rank_of_each_month",
    ),
    Breakage(
        "a drill counts in insights",
        "postmortems/insights/queries.py",
        ".filter(kind=Kind.INCIDENT)",
        ".exclude(kind=Kind.NEAR_MISS)",
        "tests/postmortems/insights/test_insights.py::test_p61_times_are_median_mean_and_nearest_rank_of_each_month",
    ),
    Breakage(
        "a false alarm counts as a change that failed",
        "postmortems/insights/queries.py",
        "status__in=[Status.CANCELLED, Status.MERGED]",
        "status__in=[Status.MERGED]",
        "tests/postmortems/test_api.py::test_p61_the_change_failure_rate_is_marked_incidents_by_deployments",
    ),
    Breakage(
        "of nothing it is 0 percent",
        "postmortems/insights/queries.py",
        "round(100 * self.part / self.n) if self.n else None",
        "round(100 * self.part / self.n) if self.n else 0",
        "tests/postmortems/insights/test_insights.py::test_p61_items_late_not_yet_due_and_declined_are_judged_as_the_formulas_say",
    ),
    Breakage(
        "what is not due yet is judged",
        "postmortems/insights/queries.py",
        "until = min(until or moment, moment)",
        "until = until or moment",
        "tests/postmortems/insights/test_insights.py::test_p61_items_late_not_yet_due_and_declined_are_judged_as_the_formulas_say",
    ),
)
