"""The scripted incidents (docs/practices.md, *Scenarios*), by name."""

from drills.scenarios import database, green_dashboards, payments
from drills.script import Scenario

SCENARIOS: dict[str, Scenario] = {
    scenario.name: scenario
    for scenario in (database.SCENARIO, payments.SCENARIO, green_dashboards.SCENARIO)
}
