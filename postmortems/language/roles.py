"""Job titles as culprits, and answers that end on a person instead of a safeguard (P52, P53)."""

import re

from postmortems.language.words import _S

_KIND_OF = (
    r"(?:(?:junior|senior|new|young|tired|on-?call|lead|staff|principal|back-?end|front-?end|"
    r"database|network|platform|devops|site reliability|release|support|duty|night|responsible|"
    rf"inexperienced|other|same|software|production){_S}){{0,3}}"
)
_TITLE = (
    r"(?:engineers?|developers?|devs?|programmers?|operators?|admins?|administrators?|sysadmins?|"
    r"dbas?|sres?|interns?|trainees?|apprentices?|contractors?|freelancers?|consultants?|"
    r"technicians?|reviewers?|approvers?|committers?|on-?callers?|commanders?|responders?|scribes?|"
    r"deput(?:y|ies)|juniors?|newcomers?|rookies?|employees?|colleagues?|coworkers?|teammates?|"
    rf"new{_S}(?:hires?|joiners?)|(?:team|tech|shift){_S}leads?|"
    rf"(?:engineering|product|project|incident|release|shift|duty){_S}managers?|"
    rf"(?:person|people|colleague|somebody|someone|whoever(?:{_S}was)?){_S}on{_S}(?:call|duty|shift))"
    rf"(?:{_S}on{_S}(?:call|duty|shift))?"
)
#: What keeps a software part of the same name out: "the cluster operator".
_DETERMINER = rf"(?:the|an?|our|one|another|that|this|some|its|their){_S}"
_WHO = rf"(?:{_DETERMINER})?{_KIND_OF}{_TITLE}"
_HOW = rf"(?:(?:\w+ly|also|just|never|again|then){_S})?"
_WEAK = (
    r"(?:tired|careless|distracted|inexperienced|unexperienced|wrong|unaware|at fault|responsible|"
    rf"asleep|sleepy|confused|in{_S}a{_S}hurry|rushed|overworked|stressed|exhausted|inattentive|"
    rf"untrained|new|busy|absent|late|slow|to{_S}blame|not{_S}\w+)"
)
_DID_WRONG = (
    r"(?:broke|deleted|dropped|wiped|destroyed|crashed|misread|mistyped|misconfigured|misjudged|"
    r"misunderstood|missed|ignored|overlooked|forgot|skipped|bypassed|assumed|caused|rushed|"
    rf"panicked|hesitated|neglected|lacked|introduced|failed{_S}to|"
    rf"(?:took|brought){_S}(?:\w+{_S}){{0,3}}down|made{_S}(?:an?|the){_S}(?:\w+{_S})?"
    r"(?:mistake|error|typo)|"
    rf"(?:did{_S}not|didn't|did{_S}never)(?!{_S}(?:get|receive|have|see|hear){_S})|"
    rf"(?:was|were|is|are|felt|seemed){_S}(?:too{_S}|very{_S}|so{_S}|simply{_S})?{_WEAK})"
)

#: "the junior engineer broke it": the title stands where a name would be blamed.
CULPRIT = re.compile(rf"(?<!\w){_DETERMINER}{_KIND_OF}{_TITLE}(?={_S}{_HOW}{_DID_WRONG}(?!\w))")

_VERB = (
    r"(?:was|were|is|are|had|has|have|did|didn't|does|doesn't|do|could|couldn't|would|wouldn't|"
    r"wasn't|weren't|hadn't|hasn't|thought|knew|felt|ran|took|made|broke|forgot|chose|went|wrote|"
    r"saw|said|left|got|gave|came|began|let|put|set|sent|lost|meant|read|shut|slept|needs?|lacks?|"
    r"\w{2,}ed)"
)
#: What an answer says of the system although a person stands in it: "the engineer saw no alert".
_ABSENT = (
    rf"(?!{_S}(?:no|nothing|neither)(?!\w)(?!{_S}(?:idea|clue|experience|training|knowledge|"
    r"interest|patience)))"
)
ENDS = [
    re.compile(pattern)
    for pattern in (
        rf"(?<!\w){_WHO}(?={_S}{_HOW}{_VERB}(?!\w){_ABSENT})",
        rf"(?<!\w){_WHO}(?='s?(?!\w))",
        rf"(?<!\w)(?:by|because{_S}of|due{_S}to|with){_S}{_DETERMINER}{_KIND_OF}{_TITLE}(?!\w)",
        rf"(?<!\w)(?:he|she)(?={_S}{_HOW}{_VERB}(?!\w))",
    )
]
"""Where the answer that ends a branch points at a person: no branch ends there."""

END_ADVICE = (
    "A branch does not end on a person or a role. Ask on: what made it likely, and which safeguard "
    "was absent, a confirmation, a review, a dry run, a test, a limit?"
)
