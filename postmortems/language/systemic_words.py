"""What a systemic action item says, and what none says (P56)."""

import re

from postmortems.language.words import _S

EXAMPLES = (
    "a query limit in the ORM",
    "a confirmation that names the table",
    "production-scale staging data",
    "a dry run in the pipeline",
    "an alert on the queue's age",
)


#: People who work here: what is asked of them is an appeal. Users are asked by software.
_CREW = (
    rf"(?:(?:the|our|all|every|each|more|new|whole|entire|junior|senior|on-?call){_S}){{0,3}}"
    r"(?:people|persons?|"
    r"teams?|squads?|engineers?|developers?|devs|programmers?|operators?|staff|responders?|everyone|"
    r"everybody|folks|colleagues|employees|admins?|administrators?|on-?calls?|members?|juniors?|"
    r"seniors?|reviewers?|anyone|anybody|managers?|commanders?|leads?|us|ourselves)"
)
_NO_CREW = rf"(?:nobody|no{_S}one|none{_S}of{_S}us)"
#: What software asks of somebody at a screen, and when it speaks to them.
_AT_A_SCREEN = (
    rf"(?!{_S}(?:to|for){_S}(?:type|enter|confirm|choose|pick|select|approve|acknowledge|sign|"
    rf"authenticate|log{_S}in|(?:an?|the|their){_S}(?:\w+{_S})?(?:reason|confirmation|reference|"
    r"approval|ticket|name|number))(?!\w))"
    rf"(?!{_S}(?:\w+{_S}){{0,3}}(?:in{_S}the{_S}(?:pull{_S}request|editor|ui|cli|console|form|tool|"
    rf"terminal|diff|chat{_S}channel)|(?:when|if|once|whenever|as{_S}soon{_S}as)(?!{_S}(?:they|we|"
    r"you|somebody|someone|people)(?!\w)))(?!\w))"
)
#: By what mistakes are made impossible, and not merely wished away.
_BY_A_MEANS = (
    rf"(?!.*{_S}by{_S}(?!being|paying|thinking|training|reminding|telling|working|taking|looking|"
    rf"communicating|double|checking|following|reading|asking|making{_S}sure)\w+ing(?!\w))"
    rf"(?!.*{_S}(?:with|by|through|using|via){_S}(?:an?|the|our){_S}(?:[\w-]+{_S}){{0,3}}(?:check|"
    rf"validation|list|drop-?down|catalog(?:ue)?|linter|schema|types?|constraint|tests?|script|tool|"
    rf"form|dialog|confirmation|limit|hook|gate|alert|bot|job|pipeline|template|flag|guard\w*)"
    r"(?!\w))"
)
_LEARNERS = rf"(?:{_CREW}|users?|customers?|clients?)"
_VIRTUES = (
    r"(?:careful(?:ly)?|cautious(?:ly)?|vigilant|mindful|attentive|diligent|thorough|aware|"
    r"responsible|disciplined|proactive|alert|conscientious|focused|trained|informed|reminded|"
    r"educated|familiar|concentrated|prudent)"
)
#: Training that a machine gets.
_NO_DATA = (
    rf"(?!{_S}(?:data\w*|sets?|jobs?|runs?|pipelines?|models?|samples?|examples?|corp\w+|loops?|"
    rf"scripts?|steps?|images?|material{_S}set|queue|cluster|nodes?|gpus?))"
)
_NO_MODEL = rf"(?!{_S}(?:(?:the|a|our){_S})?(?:\w+{_S}){{0,2}}(?:models?|classifiers?|detectors?))"
#: A part of the product that is called like a gathering: "Discussions API".
_NO_PRODUCT = rf"(?!{_S}(?:api|service|page|board|app|tab|table|feature|endpoint)s?(?!\w))"
_GATHERING = (
    rf"(?:workshops?|seminars?|webinars?|brown{_S}bags?|lunch{_S}(?:and|&|n){_S}learns?|"
    rf"brainstorm\w*|retro(?:spective)?s?|(?:knowledge|lessons?){_S}(?:sharing|sessions?)|"
    rf"(?:training|awareness|coaching|learning|q&a|feedback|refresher){_S}(?:sessions?|courses?|"
    rf"days?|events?|weeks?|programmes?|programs?)|(?:team|all-?hands|weekly|monthly|regular|"
    rf"follow-?up|kick-?off|status){_S}(?:{_S})?meetings?|meetings?{_S}(?:with|about|on|to)|"
    rf"(?:tech|team|short|lightning){_S}talks?|discussions?|hackathons?)"
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
            rf"{_AT_A_SCREEN}"
        ),
        (
            rf"(?<!\w)remind(?:ers?)?{_S}(?:to|of|for|that|about)(?!\w)"
            rf"(?!{_S}(?:(?:the|all|our){_S})?(?:users?|customers?|clients?|subscribers?|"
            rf"visitors?|tenants?))|"
            rf"(?<!\w)send{_S}(?:out{_S})?(?:an?{_S})?"
            rf"reminders?(?!\w)(?!{_S}(?:\w+{_S})?to{_S}(?:(?:the|all|our){_S})?(?:users?|"
            r"customers?|clients?|subscribers?|visitors?|tenants?))"
        ),
        rf"(?<!\w)(?:re-?)?(?:train|teach|coach|school|educat)(?:e|ing)?{_S}{_LEARNERS}(?!\w)",
        (
            rf"(?<!\w)(?:(?:more|better|extra|additional|regular|mandatory|refresher|add|plan|"
            rf"provide|give|hold|"
            rf"schedule|organi[sz]e|do|run){_S})(?:an?{_S}|the{_S})?(?:\w+{_S})?training(?!\w)"
            rf"{_NO_DATA}"
            rf"|(?<!\w)training{_S}(?:for|of|on|about|sessions?)(?!\w){_NO_MODEL}"
            r"|^(?:re-?)?train(?:ing)?$"
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
            rf"{_CREW})(?!\w)(?!{_S}(?:get|gets|is|are|be){_S}(?:paged|alerted|notified|warned|"
            rf"called|woken|asked{_S}to{_S}confirm)(?!\w))"
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
            rf"human error){_BY_A_MEANS})(?!\w)"
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
        # Talking about it.
        (
            rf"(?<!\w)(?:hold|run|organi[sz]e|schedule|plan|do|give|arrange|host|set{_S}up|have|"
            rf"offer|conduct|attend|book|start|create|introduce|add){_S}(?:(?:an?|the|another|some|"
            rf"regular|monthly|weekly|quarterly|yearly|annual|short|internal|mandatory|\d+|more)"
            rf"{_S}){{0,3}}(?:[\w-]+{_S}){{0,2}}{_GATHERING}(?!\w){_NO_PRODUCT}|"
            rf"^(?:an?{_S})?{_GATHERING}(?!\w){_NO_PRODUCT}"
        ),
        (
            rf"(?<!\w)discuss(?:es|ed|ing|ions?)?(?!\w){_NO_PRODUCT}|(?<!\w)talk(?:ing)?{_S}(?:about|over|"
            rf"through|with|to|it){_S}|(?<!\w)have{_S}a{_S}(?:chat|word|conversation|talk)(?!\w)|"
            rf"(?<!\w)(?:bring|raise|mention|address|share|present|communicate|announce|repeat|"
            rf"go{_S}over|walk{_S}through){_S}(?:(?:it|this|that|them|up|the|our|what|these|those|"
            rf"lessons?|learnings?|findings?|incident|happened|post-?mortem){_S}){{0,4}}"
            rf"(?:in|at|during|with|to|among|across){_S}(?:(?:the|our|next|a|all|every|weekly|"
            rf"whole){_S}){{0,3}}(?:team|teams|stand-?ups?|meetings?|retro\w*|all-?hands|"
            rf"engineers|developers|everyone|everybody|staff|company|colleagues|guild|chapter)(?!\w)"
        ),
        # Working better, without saying by what.
        (
            rf"(?<!\w)(?:write|ship|produce|make|deliver|build|create){_S}(?:(?:much|even){_S})?"
            rf"(?:better|cleaner|good|high(?:er)?[\s-]quality|more{_S}\w+|bug-?free|error-?free|"
            rf"safer|nicer|correct){_S}(?:code|software|commits?|queries|sql|tests?|docs?|"
            rf"documentation|tickets?|comments?|pull{_S}requests?|decisions?|choices?)(?!\w)"
        ),
        (
            rf"(?<!\w)(?:improv\w+|increas\w+|rais\w+|enhanc\w+|boost\w*|better|strengthen\w*|"
            rf"build\w*|creat\w+|spread\w*|promot\w+|foster\w*|instil+\w*|develop\w*|grow\w*|"
            rf"cultivat\w+|encourag\w+|deepen\w*){_S}(?:(?:the|our|a|more|general|overall|team|"
            rf"teams?'|engineers?'|shared|everyone's|people's|strong|better|cultural|good|"
            rf"code|coding|engineering|work|operational|security|risk|safety|(?:level|sense|"
            rf"degree){_S}of){_S}){{0,5}}"
            rf"(?:aware\w*|(?:code|coding|work|engineering|software){_S}quality|quality{_S}of{_S}"
            rf"(?:the{_S}|our{_S})?(?:code|work|engineering|software)|discipline|communication|"
            rf"culture|knowledge|understanding|skills?|collaboration|vigilance|attention|urgency|"
            rf"alertness|responsibility|"
            rf"diligence|ownership|mindset|competence|expertise|habits?|attitude|"
            rf"best{_S}practices?|rigou?r)(?!\w)"
        ),
        (
            rf"(?<!\w)(?:stop|avoid|quit|prevent|reduce|eliminate|cease|no{_S}more|fewer|less|"
            rf"make{_S}(?:fewer|less|no)|(?:do{_S}not|don't|never){_S}make)(?:ing)?{_S}"
            rf"(?:(?:making|repeating|committing|such|these|"
            rf"those|the|same|silly|more|any|further|all){_S}){{0,3}}(?:mistakes?|blunders?|"
            rf"oversights?|human{_S}errors?|operator{_S}errors?|carelessness|sloppiness|slips?|"
            rf"typos?)(?!\w){_BY_A_MEANS}"
        ),
        # What people must do or be, without anything that makes it so.
        (
            rf"(?<!\w){_CREW}{_S}(?:must|should|shall|need(?:s)?{_S}to|ha(?:ve|s){_S}to|"
            rf"ought{_S}to|(?:are|is){_S}(?:to|expected{_S}to|required{_S}to|supposed{_S}to|"
            rf"asked{_S}to)|will{_S}(?:have{_S}to|be{_S}(?:more{_S})?{_VIRTUES})|never|always)(?!\w)"
            rf"(?!{_S}(?:confirm|authenticate|approve|type|enter|sign|acknowledge|pick|choose|"
            rf"select|pass|hold|log{_S}in|an?{_S}second)(?!\w))"
        ),
        (
            rf"(?<!\w)(?:{_CREW}|{_NO_CREW}){_S}(?:is|are|be|being|stays?|remains?|becomes?|acts?|"
            rf"works?|feels?|gets?|was|were|will{_S}be){_S}(?:(?:more|very|always|fully|well|"
            rf"really|extra|properly|all|again){_S}){{0,2}}{_VIRTUES}(?!\w)"
        ),
        (
            rf"(?<!\w){_CREW}{_S}(?:(?:always|now|all|really|fully|properly){_S})?(?:knows?|"
            rf"understands?|remembers?|pays?{_S}attention|follows?|double-?checks?|thinks?|"
            rf"cares?|reads?|ha(?:s|ve){_S}(?:read|understood|learned|learnt|attended|seen)|"
            rf"takes?{_S}care|tr(?:y|ies){_S}hard(?:er)?)(?!\w)(?!{_S}.*\d)"
        ),
        (
            rf"(?<!\w){_NO_CREW}{_S}(?:makes?|repeats?|does|forgets?|ignores?|overlooks?|"
            rf"misses){_S}?(?:(?:a|an|any|the|this|such|same|it|that|again|mistakes?|errors?)"
            rf"(?:{_S}|$)){{0,4}}(?!\w*able)"
        ),
        (
            rf"^(?:please{_S})?(?:(?:re-?)?read|study|learn|memori[sz]e|know|understand|internali[sz]e|"
            rf"get{_S}familiar{_S}with|familiari[sz]e{_S}\w+{_S}with){_S}(?:(?:the|our|all|how|"
            rf"up{_S}on){_S}){{0,2}}(?:\w+{_S})?(?:docs?|documentation|runbooks?|manuals?|code|"
            rf"codebase|guidelines?|polic(?:y|ies)|wiki|system|systems|architecture|checklist|"
            rf"sql|tools?)(?!\w)"
        ),
        (
            rf"(?<!\w){_NO_CREW}{_S}(?:should|must|may|shall|can|will)(?:{_S}(?:ever|again))?{_S}"
            r"(?:forget|ignore|overlook|miss|repeat|assume|make)(?!\w)"
        ),
        (
            rf"(?<!\w)make{_S}{_CREW}{_S}(?:(?:more|fully){_S})?(?:{_VIRTUES}|accountable|"
            rf"understand|realise|realize|care|own)(?!\w)"
        ),
        (
            rf"(?<!\w)(?:give|offer|provide){_S}{_CREW}{_S}(?:[\w-]+{_S}){{0,2}}(?:guidance|"
            rf"support|coaching|mentoring|advice|feedback|encouragement|training|instructions?)(?!\w)"
        ),
        (
            rf"(?<!\w)(?:send|write|post|circulate){_S}(?:out{_S})?(?:[\w-]+{_S}){{0,3}}(?:e-?mails?|"
            rf"mails?|messages?|memos?|notes?|announcements?|newsletters?){_S}(?:\w+{_S})?to{_S}"
            rf"{_CREW}(?!\w){_AT_A_SCREEN}"
        ),
        # Effort and good will, without anything that makes them last.
        (
            rf"(?<!\w)(?:take|spend|invest)(?:ing)?{_S}(?:more|enough|extra|"
            rf"additional|sufficient){_S}time(?!\w)|(?<!\w)(?:check|look|think|read|verify|measure|"
            rf"review)(?:ing)?{_S}(?:\w+{_S}){{0,2}}twice(?!\w)|(?<!\w)without{_S}thinking(?!\w)"
        ),
        (
            rf"(?<!\w)communicat(?:e|ing){_S}(?:\w+{_S}){{0,3}}(?:early|earlier|better|more|clearly|"
            rf"sooner|openly|promptly)(?!\w)"
        ),
        (
            rf"(?<!\w)be{_S}(?:(?:more|very|always){_S})?(?:calm|patient|sensible|professional|"
            rf"precise|considerate|alert|focused|prudent|conscientious|awake|prepared)(?!\w)|"
            rf"(?<!\w)keep{_S}(?:calm|cool)(?:{_S}(?:and|during|when|while|in)|$)|(?<!\w)(?:use|apply|exercise){_S}(?:(?:more|"
            rf"better|good|your){_S})?(?:common{_S}sense|judge?ment)(?!\w)|^slow{_S}down(?:{_S}(?:when|"
            rf"while|during|before|if|on)|$)|^(?:concentrate|focus){_S}(?:more|harder|better|during|"
            rf"when|while|on{_S}(?:quality|the{_S}(?:work|task|basics)))|^learn(?:ing)?{_S}from(?!\w)"
        ),
        (
            rf"(?<!\w)remember(?:ing)?{_S}(?:(?:the|our|this|that|all){_S}){{1,2}}(?:\w+{_S})?"
            rf"(?:checklist|runbook|process|procedure|rules?|lessons?|incident|steps?|policy|"
            rf"guidelines?)(?!\w)"
        ),
        (
            rf"(?<!\w)(?:hold{_S}{_CREW}{_S}accountable|disciplinary|reprimand|punish|"
            rf"fire{_S}the)(?!\w)"
        ),
    ]
]


#: A machine that acts, before the words or as the one who does it: "automate the double-check".
MACHINE_BEFORE = re.compile(
    r"(?<!\w)(?:automat\w+|bot|pipeline|ci|cd|lint\w*|alert(?:ing)?|alarm|dialog|banner|prompt|form|"
    r"page|cli|script|job|cron|hook|gate|guardrail|ui|console|template|confirmation|tooling|tool|"
    r"build|deploy(?:ment)?[\s-](?:tool|script|job|step)|scheduler|service|api|dashboard|"
    r"test|check|validation|limit)(?!\w)"
)
MACHINE_DOES = re.compile(
    r"(?<!\w)(?:automatically|by (?:an?|the) (?:\w+ )?(?:bot|pipeline|job|script|linter|check|tool|"
    r"hook|alert)|in ci|fails? the build|block(?:s|ed)? (?:the|by|until|when|if|every)\b)"
)
