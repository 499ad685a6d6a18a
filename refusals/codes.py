"""Every refusal code of the product with its title, its practices and the reason for the rule.

The sentence of one refusal is written where the rule lives; this page is the catalogue that the
documentation and the problem documents are made from.
"""

from typing import NamedTuple


class Code(NamedTuple):
    """One refusal code: ``title`` names it, ``practices`` are ids, ``why`` defends the rule."""

    title: str
    practices: tuple[str, ...]
    why: str


CODES: dict[str, Code] = {
    "commander_cannot_own_work": Code(
        "The commander cannot own work",
        ("P10",),
        "Whoever is typing a fix is not looking at the whole incident.",
    ),
    "role_taken": Code(
        "Somebody else holds that seat",
        ("P06", "P11"),
        "One person is accountable; two who both think so are none.",
    ),
    "note_required": Code(
        "A hand-over needs a note",
        ("P06", "P11", "P34"),
        "Without the state in words, the next person starts from zero.",
    ),
    "statement_required": Code(
        "The miss is not named yet",
        ("P02",),
        "People can only help with what they understand.",
    ),
    "all_clear_required": Code(
        "Resolving carries its all-clear",
        ("P49",),
        "Until somebody says it is over, people stay awake.",
    ),
    "in_use": Code(
        "It is still in use",
        ("P22",),
        "Work that serves a signal would lose its aim.",
    ),
    "card_not_ready": Code(
        "The card is not ready for Now",
        ("P31",),
        "Work without an owner, an end and a proof drifts.",
    ),
    "card_serves_nothing": Code(
        "The card moves no needle",
        ("P23",),
        "Work that does not move the end state takes people from work that does.",
    ),
    "owner_busy": Code(
        "Its owner already works on something",
        ("P32",),
        "Two things at once are two things late.",
    ),
    "pair_required": Code(
        "A risky step needs a second person",
        ("P15",),
        "A second pair of eyes is the cheapest safeguard there is.",
    ),
    "proof_required": Code(
        "Done needs proof",
        ("P33", "P66"),
        "Done without proof is done twice.",
    ),
    "change_required": Code(
        "The change is not written",
        ("P35",),
        "Whoever cannot say what will happen and how to go back is guessing with production.",
    ),
    "change_not_approved": Code(
        "The change is not approved",
        ("P35",),
        "Ninety seconds of thinking cost less than a second outage.",
    ),
    "change_in_flight": Code(
        "Another change is in flight",
        ("P32",),
        "With two changes at once nobody knows which one worked.",
    ),
    "change_unfinished": Code(
        "A change is not finished",
        ("P33", "P36"),
        "A step that nobody looked at afterwards is not over.",
    ),
    "signals_not_seen": Code(
        "Nobody has looked at the signals since",
        ("P36",),
        "What was measured before the step says nothing about it.",
    ),
    "go_required": Code(
        "The last change surprised, and nobody has said go",
        ("P36",),
        "After a surprise the next step is taken by somebody who understands the last one.",
    ),
    "self_approval": Code(
        "Nobody approves their own change",
        ("P35",),
        "The person who wants it is the last one to see its risk.",
    ),
    "token_cannot_approve": Code(
        "A program cannot approve a change",
        ("P37",),
        "A person carries the decision.",
    ),
    "agent_may_not": Code(
        "That is not an agent's to do",
        ("P37",),
        "An agent suggests; what happens, a person decides and answers for.",
    ),
    "agents_off": Code(
        "Agents are switched off here",
        ("P37",),
        "People at work decide what may speak beside them.",
    ),
    "line_stopped": Code(
        "The line is stopped",
        ("P38",),
        "A stop that some ignore is no stop.",
    ),
    "only_commander": Code(
        "Only the commander may do that",
        ("P38",),
        "One person decides when the incident moves on.",
    ),
    "end_state_not_met": Code(
        "The end state is not met",
        ("P24",),
        "Resolved is what the signals say, not what we hope.",
    ),
    "reason_required": Code(
        "A reason is needed",
        ("P24",),
        "The record must say why, or nobody can learn from it.",
    ),
    "not_closable": Code(
        "Something is still open",
        ("P50", "P07", "P47"),
        "Nothing is closed until it is learned from.",
    ),
    "next_update_required": Code(
        "Say when the next update comes",
        ("P42",),
        "A promised time is what lets people stop asking.",
    ),
    "next_update_too_late": Code(
        "The next update is too far away",
        ("P42",),
        "Silence longer than the policy allows reads as loss of control.",
    ),
    "status_required": Code(
        "The update does not say enough",
        ("P41",),
        "What we know, what we think and what we do now are the least people need.",
    ),
    "summary_too_long": Code(
        "The executive summary is too long",
        ("P43",),
        "It is read on a phone, between two meetings.",
    ),
    "facts_not_agreed": Code(
        "The facts are not agreed yet",
        ("P51",),
        "Analysis on disputed facts becomes an argument about people.",
    ),
    "language_flagged": Code(
        "Some words blame a person",
        ("P53",),
        "Blame hides the safeguard that was absent.",
    ),
    "action_not_systemic": Code(
        "That would not change the system",
        ("P56",),
        "Asking people to be careful has never prevented the second time.",
    ),
    "action_incomplete": Code(
        "The action item is incomplete",
        ("P57",),
        "What has no owner, date and measure does not happen.",
    ),
    "not_publishable": Code(
        "The post-mortem is not ready",
        ("P56", "P57"),
        "Publishing is the promise that the learning is complete.",
    ),
    "cannot_verify_own": Code(
        "Somebody else verifies",
        ("P58",),
        "Whoever built it sees what was meant, not what is.",
    ),
    "not_yet": Code(
        "It is too early for that",
        ("P58",),
        "What was changed yesterday has not shown yet whether it works.",
    ),
    "answer_required": Code(
        "Both questions are answered",
        ("P58",),
        "An answer nobody gave is not a yes.",
    ),
    "unsupported_file": Code(
        "That file cannot be taken",
        ("P65",),
        "What opens in somebody's browser must not act there, nor tell where it was made.",
    ),
    "files_full": Code(
        "The incident holds enough files",
        ("P65",),
        "What everybody reads at night is short; a hundred files are read by nobody.",
    ),
    "stale": Code(
        "It changed meanwhile",
        (),
        "Two people must not overwrite each other unseen.",
    ),
    "idempotency_conflict": Code(
        "That key was used for something else",
        (),
        "The same key must always mean the same request.",
    ),
    "invalid_transition": Code(
        "The incident cannot go there from here",
        (),
        "The lifecycle is what everybody's next step rests on.",
    ),
}
