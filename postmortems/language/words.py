"""The words the language check looks for, and what it says instead (P53)."""

import re

_S = r"[\s-]{1,4}"
"""What stands between two words."""


_ADVERBS = (
    r"(?:(?:not|never|always|also|really|clearly|simply|just|at least|probably|easily|only)"
    rf"{_S}){{0,2}}"
)


_CREW = (
    r"(?:the|our|all|every|each|more|new)?\s?(?:people|persons?|teams?|engineers?|developers?|devs|"
    r"operators?|staff|responders?|everyone|everybody|folks|colleagues|employees|users?|admins?|"
    r"on-?calls?|members?|juniors?|reviewers?|anyone|anybody)"
)


ADVICE = {
    "person": (
        "Name the role or the system instead of the person: “the deploy ran without a check”, "
        "“the on-call engineer saw no alert”."
    ),
    "blame": "Say what the system allowed: “the tool asks for no confirmation”, not who did it.",
    "human_error": (
        "That ends the search too early. Say what made the step easy to get wrong: “both "
        "databases look the same in the console”."
    ),
    "should_have": (
        "Say what was there, not what ought to have been: “the release has no step that tests "
        "this”."
    ),
    "counterfactual": (
        "Say what did happen and what the system lacked: “the query has no limit”, “no alert "
        "watches the queue”."
    ),
    "careless": (
        "Say which safeguard was absent: “nothing reminds or stops one when the step is left out”."
    ),
}


#: Verbs that a machine can fail at: "the pod failed to start" is a fact, not a judgement.
_MACHINE = (
    r"(?:start|restart|connect|reconnect|load|reload|respond|answer|boot|parse|compile|build|"
    r"render|"
    r"mount|acquire|fetch|resolve|complete|finish|scale|replicate|sync|write|read|open|close|bind|"
    r"commit|return|send|deliver|allocate|initiali[sz]e|schedule|renew|import|export|execute|run|"
    r"process|authenticate|decode|encode|apply|fail over|elect|drain|evict|flush|join|bootstrap)"
)


PATTERNS: list[tuple[str, re.Pattern[str]]] = [
    (kind, re.compile(pattern))
    for kind, pattern in [
        # Second person, where it accuses; "we will tell you at 03:15" does not.
        (
            "blame",
            (
                rf"(?<!\w)(?<!thank )(?P<say>you)(?={_S}(?:\w+ly{_S})?(?:did|didn't|didnt|haven't|"
                r"hadn't|weren't|wasn't|should|shouldn't|could|couldn't|would have|ought|"
                r"forgot|missed|broke|caused|ignored|failed|made|let|never|always|must have|"
                r"need(?:ed)? to|took|left|skipped|were|are (?:to blame|responsible|careless|"
                r"wrong|the one)|guys|"
                r"people|pushed|deployed|ran|deleted|dropped|merged|changed|rushed|released|wrote|"
                r"shipped)(?!\w))"
            ),
        ),
        (
            "blame",
            (
                rf"(?<!\w)(?:why|how|what){_S}(?:did|didn't|have|haven't|were|could|would){_S}"
                r"(?P<say>you)(?!\w)"
            ),
        ),
        (
            "blame",
            (
                rf"(?<!\w)your{_S}(?:own{_S})?(?:fault|mistakes?|errors?|bad|responsibility|"
                rf"negligence|"
                r"blunder|bug|change|deploy(?:ment)?|commit|code|query|migration|job|failure)(?!\w)"
            ),
        ),
        ("blame", r"(?<!\w)you(?:'ve|'d|'re)(?=\s+(?:\w+ly\s+)?(?:\w+ed|broken|wrong|to blame)\b)"),
        (
            "blame",
            (
                rf"(?<!\w)(?:(?:is|are|was|were|be){_S}(?:solely{_S})?(?:to blame|at fault|guilty)|"
                rf"to blame for|whose{_S}fault|(?:his|her|their|the team's){_S}(?:fault|mistake)|"
                rf"the{_S}culprits?|blam(?:e|es|ed|ing){_S}(?:on|the|him|her|them|us)|"
                r"at fault|guilty party)(?!\w)"
            ),
        ),
        (
            "blame",
            (
                rf"(?<!\w)(?:nobody|no{_S}one|someone|somebody|the (?:engineer|developer|operator|"
                rf"intern|"
                rf"reviewer)){_S}(?:even{_S})?(?:checked|noticed|tested|reviewed|thought|bothered|"
                rf"cared|"
                r"forgot|messed|screwed|broke|ignored|overlooked|neglected)(?!\w)"
            ),
        ),
        ("blame", rf"(?<!\w)(?:messed|screwed|fucked|cocked){_S}(?:\w+\s)?up(?!\w)"),
        (
            "human_error",
            (
                rf"(?<!\w)(?:human|operator|user|pilot|manual|engineer|developer|employee|personal)"
                rf"(?:'s)?{_S}(?:errors?|mistakes?|failures?|failings?|slips?|blunders?)(?!\w)"
            ),
        ),
        (
            "human_error",
            (
                rf"(?<!\w)(?:(?:made|makes|making|was|by){_S}(?:an?{_S})(?:\w+{_S})?mistakes?|"
                rf"fat[\s-]?finger\w*|pebkac|lapse{_S}(?:of|in){_S}\w+|poor{_S}judge?ment|"
                rf"bad{_S}judge?ment|rookie{_S}(?:mistake|error)|by{_S}mistake|mistakenly|"
                rf"inattention|lack{_S}of{_S}(?:attention|care|discipline|diligence))(?!\w)"
            ),
        ),
        (
            "should_have",
            (
                rf"(?<!\w)(?:should(?:n't|nt)?{_S}{_ADVERBS}(?:have|of(?!{_S}course))|should'?ve|"
                rf"shoulda|"
                rf"should{_S}not've)(?!\w)"
                rf"(?!{_S}(?:an?|the|one|two|three|no|at least|its|their|his|her|enough|some|any|"
                rf"exactly|"
                r"more|fewer|less|access|\d+)(?!\w))"
            ),
        ),
        (
            "should_have",
            (
                rf"(?<!\w)(?:ought{_S}(?:not{_S})?to{_S}(?:have|'ve)|(?:was|were|is|"
                rf"are){_S}supposed{_S}to|"
                rf"had{_S}to{_S}know|needed{_S}to{_S}know)(?!\w)"
            ),
        ),
        (
            "counterfactual",
            (
                rf"(?<!\w)(?:(?:could|would)(?:n't|nt)?{_S}{_ADVERBS}have|(?:could|would)'?ve|"
                rf"if{_S}only|had{_S}(?:we|they|he|she|you|anyone|somebody|someone|it|the team)"
                rf"{_S}(?:only{_S})?\w+(?:ed|n|own|ot|ght|een|ade))(?!\w)"
            ),
        ),
        (
            "counterfactual",
            rf"(?<!\w)(?:fail(?:ed|ure|s|ing)?{_S}to)(?!\w)(?!{_S}{_MACHINE}(?!\w))",
        ),
        (
            "careless",
            (
                rf"(?<!\w)(?:careless\w*|forgot(?:ten)?(?:{_S}(?:to|about))?|forgets?{_S}to|"
                rf"negligen\w+|"
                rf"(?:did{_S}not|didn't|didnt|not|never|without){_S}follow(?:ed|ing)?(?!\w)"
                rf"(?!{_S}(?:(?:the|its|a){_S})?(?:redirects?|symlinks?|links?|leaders?|primary|"
                rf"master|pointers?|spec\w*|headers?|paths?))|"
                rf"neglect(?:s|ed|ing)?{_S}to|sloppy|sloppi\w+|lazy|laziness|lazily|stupid\w*|"
                r"idiot\w*|"
                rf"dumb|incompeten\w+|reckless\w*|clueless|inattentive|complacen\w+|"
                rf"(?:not|wasn't|weren't|isn't|without){_S}(?:paying|being){_S}(?:attention|"
                r"careful)|"
                rf"did(?:{_S}not|n't){_S}(?:pay{_S}attention|think|bother|care|double[\s-]?check)|"
                rf"more{_S}careful(?:ly)?|common{_S}sense)(?!\w)"
            ),
        ),
    ]
]


_COMMON = """
abel ace april art ash august autumn bailey baker banks barb basil bell bill black booker brook
brooks brown buck bush carol case chance chase chip chuck church clay cliff cole cook cross dale
dash dawn day dean dell dot drew duke earl early eden faith field fields finch flora forest
frank gay gene ginger glen grace grant gray green grey guy hall harmony harper harry hazel heath
heather hill holly honey hope house hunter iris ivy jack jade jasmine jay jean jersey jewel josh
joy june king lake lance lane law lily lock long love low luna marina mark marks may mason max
melody mercy mike miles mill mills moon more new nick noble north olive page paige park parks
pat patience pearl penny pepper pierce piper pin pine pole pool pope port post potter power
powers price prince queen rain ray red reed reef rice rich ridge river rob robin rock rod rose
rowan ruby rush russet rusty sage sandy saw scarlet scout shade sharp shell short sky skip small
smart snow sol song spring star stark steel stone storm strong sue summer sunny swift tab tag
tale tan taylor temple terry tide tom true van victor violet wade wall ward warren waters web
wells west white wild will willow win winter wise wolf wood woods wren young gil guard ken lee
major miller read rex singer
"""


#: First and last names that are ordinary words (or ones of our field) as well.
COMMON_WORDS = frozenset(_COMMON.split())


_PARTS = """
de da di do dos das del della der den des du la le les las los van von zu zum zur bin ibn al el
mc mac st san dr mr mrs ms prof jr sr ii iii and of the bot deploy deployment alert alerts
manager system service support team call on oncall on-call ops sre admin user test tester
monitor database incident commander responder stakeholder observer scribe owner engineer
engineering customer operations platform security network api demo guest
"""


#: Parts of names that never point at anybody alone: particles, and words of bots and teams.
NOT_NAMES = frozenset(_PARTS.split())


_VERBS = """
was is has had did didn't does doesn't ran went took made broke wrote forgot knew thought said
saw found gave got let left put set sent told came began brought built chose cut drew fell felt
held kept led lost meant met paid read rose shut slept spoke spent stood thinks says knows
wasn't hasn't hadn't and could couldn't should shouldn't would wouldn't never overlooks
"""


#: What follows a name at the start of a sentence; other verbs end in "ed".
VERBS = frozenset(_VERBS.split())
