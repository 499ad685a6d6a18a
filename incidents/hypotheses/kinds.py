"""What the timeline says about hypotheses."""

KINDS = {
    "hypothesis_added": "Hypothesis added",
    "hypothesis_supported": "Hypothesis supported",
    "hypothesis_ruled_out": "Hypothesis ruled out",
    "hypothesis_opened": "Hypothesis open again",
    "evidence_added": "Evidence added",
    "hypothesis_taken": "Hypothesis taken",
    "hypothesis_passed": "Hypothesis passed on",
}
BY_AGENTS = ("hypothesis_added",)
