"""What a systemic action item says, and what none says (P56)."""

import re

from postmortems.language.words import _CREW, _S

EXAMPLES = (
    "a query limit in the ORM",
    "a confirmation that names the table",
    "production-scale staging data",
    "a dry run in the pipeline",
    "an alert on the queue's age",
)


#: What asks people to be different. Each with the words a systemic fix would have instead.
NOT_SYSTEMIC: list[re.Pattern[str]] = [
    re.compile(pattern)
    for pattern in [
        (
            rf"(?<!\w)be(?:ing)?{_S}(?:(?:more|extra|very|much|a bit){_S}){{0,2}}(?:careful|"
            rf"cautious|vigilant|mindful|"
            r"attentive|diligent|thorough|aware|responsible|disciplined|proactive)(?!\w)"
        ),
        (
            rf"(?<!\w)(?:take|with|use|apply|exercise){_S}(?:(?:more|extra|better|greater){_S})?"
            r"(?:care|caution|diligence|attention)(?!\w)(?! of)"
        ),
        (
            rf"(?<!\w)(?:more|extra|very){_S}carefully(?!\w)|(?<!\w)more{_S}(?:care|discipline|"
            rf"diligence|"
            r"awareness|vigilance|rigou?r)(?!\w)"
        ),
        (
            rf"(?<!\w)(?:remind(?:s|ing)?|tell|ask|warn|urge|encourage|instruct|advise|brief|"
            rf"talk{_S}to|"
            rf"speak{_S}(?:to|with)|coach|educat(?:e|ing)|inform|nudge){_S}{_CREW}(?!\w)"
        ),
        (
            rf"(?<!\w)remind(?:er)?{_S}(?:to|of|for|that|about)(?!\w)|"
            rf"(?<!\w)send{_S}(?:out{_S})?an?{_S}"
            r"reminder(?!\w)"
        ),
        rf"(?<!\w)(?:re-?)?train(?:ing)?{_S}{_CREW}(?!\w)",
        (
            rf"(?<!\w)(?:(?:more|better|extra|additional|regular|mandatory|refresher|add|plan|"
            rf"provide|give|hold|"
            rf"schedule|organi[sz]e|do|run){_S})(?:an?{_S}|the{_S})?(?:\w+{_S})?training(?!\w)"
            rf"|(?<!\w)training{_S}(?:for|of|on|about|sessions?)(?!\w)|^(?:re-?)?train(?:ing)?$"
        ),
        rf"(?<!\w)pay(?:ing)?{_S}(?:(?:more|closer|better|extra|special){_S})?attention(?!\w)",
        (
            rf"(?<!\w)(?:communicate|document|plan|coordinate|collaborate|prepare|listen|think|"
            rf"work){_S}"
            r"(?:better|more|harder|clearly|clearer|earlier|ahead)(?!\w)"
        ),
        (
            rf"(?<!\w)(?:better|improved?|more|clearer){_S}(?:team{_S})?(?:communication|"
            r"coordination|"
            r"collaboration|awareness|discipline)(?!\w)"
        ),
        r"(?<!\w)(?:double|triple)[\s-]?check(?:s|ed|ing)?(?!\w)",
        (
            rf"(?<!\w)(?:make{_S}sure|ensure|see{_S}to{_S}it)(?:{_S}that)?{_S}(?:we|you|nobody|"
            rf"no{_S}one|"
            rf"{_CREW})(?!\w)"
        ),
        rf"(?<!\w)make{_S}sure{_S}to(?!\w)",
        (
            rf"(?<!\w)(?:remember{_S}to|(?:do{_S}not|don't|never){_S}forget|try{_S}(?:harder|to|"
            r"not)|"
            rf"raise{_S}(?:the{_S})?awareness|awareness{_S}(?:campaign|training)|think{_S}(?:twice|"
            rf"before|first)|"
            rf"keep{_S}an{_S}eye|keep{_S}in{_S}mind|watch{_S}out|stay{_S}(?:alert|focused|"
            r"vigilant)|"
            rf"look{_S}(?:more{_S})?closely|avoid{_S}(?:making{_S})?(?:mistakes|errors|"
            rf"human error))(?!\w)"
        ),
        (
            rf"(?<!\w)(?:test|review|check|monitor|watch|verify|read){_S}(?:it{_S}|changes{_S}|"
            rf"code{_S}|"
            rf"everything{_S})?(?:more|better|harder)(?:{_S}(?:thoroughly|carefully|closely|"
            r"often))?$"
        ),
        (
            rf"(?<!\w)(?:follow|stick{_S}to|adhere{_S}to|respect|obey){_S}(?:the|"
            rf"our){_S}(?:\w+{_S})?"
            r"(?:process|procedure|runbook|rules?|checklist|guidelines?|policy|policies|"
            r"best practices)(?!\w)"
        ),
        (
            rf"(?<!\w)(?:hold{_S}{_CREW}{_S}accountable|disciplinary|reprimand|punish|"
            rf"fire{_S}the)(?!\w)"
        ),
    ]
]


#: A machine that does it is a system after all: "automate the double-check".
AUTOMATED = re.compile(r"(?<!\w)(?:automat\w+|bot(?!\w)|pipeline|\bci\b|fails? the build|block\w*)")
