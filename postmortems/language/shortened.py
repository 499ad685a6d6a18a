"""Makes the shortened forms of a name: initials, initial with surname, handle, nickname."""

import re
from collections.abc import Iterator

from postmortems.language.words import COMMON_WORDS

#: Two and three letters that mean something in our field before they mean anybody.
_TERMS = """
ac ad ai am ap as ba bc bi bp ca cc cd ci cm cp cs cv db dc dm dns dr ds eb ec ee eks es eta eu ev
ex fe ff fk fp fs ft gb gc gi go gpu ha hd hp hr ht hz ia id ie im io ip is it iv jp jr js jt jwt
kb kpi kv la lb lc ld li ln lp ls lt ma mb mc md mi mm mp mr ms mt mtu na nas nat nb nc nfs nic
no np nr ns nt ny oom op or os ot pa pb pc pci pd pg ph pid pm po pp pr ps pt pv pvc qa qos qps ra
ram rc rd re rf rm ro rpc rps rs rt rum sa sb sc sd se sf sg si sim sla slo sm sms so sp sql sr ss
st sv svc tb tc td tl tls to tp tr ts tt ttl tv uat udp ui uk up uri url us usd usb utc ux va vc
vip vm vp vpc vpn vs wan web wip ws xl xml
"""
TERMS = frozenset(_TERMS.split())

_NICKNAMES = """
abigail:abby alexander:alex,sasha alexandra:alex,sasha andrew:andy,drew anthony:tony
benjamin:ben,benny catherine:cathy,kate charles:charlie christina:chris,tina christine:chris
christopher:chris daniel:dan,danny david:dave,davy deborah:debbie dmitri:dima edward:ed,eddie,ted
elizabeth:liz,beth,betty,lizzy emily:em florian:flo frederick:fred,freddy gabriel:gabe
gregory:greg henry:harry isabella:bella jacob:jake james:jim,jimmy,jamie jeffrey:jeff
jennifer:jen,jenny jessica:jess johannes:hannes john:johnny,jack jonathan:jon,jonny joseph:joe,joey
joshua:josh katherine:kate,kathy,katie kenneth:ken,kenny lawrence:larry leonard:leo,len
margaret:maggie,meg matthew:matt maximilian:max michael:mike,mick,micky mikhail:misha
natalie:nat nicholas:nick nikolai:kolya oliver:olli,ollie patricia:pat,trish patrick:pat,paddy
peter:pete philip:phil rebecca:becky,becca richard:rick,rich,dick robert:rob,bob,bobby,robbie
ronald:ron samantha:sam samuel:sam,sammy sebastian:seb,basti sergei:seryozha sophia:sophie
stefan:stef stephanie:steph stephen:steve,stevie steven:steve susan:sue,susie theodore:ted,theo
thomas:tom,tommy timothy:tim,timmy tobias:tobi victoria:vicky vincent:vince vladimir:volodya,vova
william:will,bill,billy,willy zachary:zach
"""
NICKNAMES = {
    name: tuple(short.split(","))
    for name, short in (entry.split(":") for entry in _NICKNAMES.split())
}


def nicknames_of(first: str) -> tuple[str, ...]:
    """What somebody called ``first`` (folded) is called for short."""
    return NICKNAMES.get(first, ())


def places_of_initials(name: str, written: str) -> Iterator[tuple[int, int]]:
    """Where the initials of ``name`` stand in a text as written: capitals, ``LF``, ``L. F.``.

    Initials that are a term of the field (``DB``, ``QA``) count only with their dots.
    """
    letters = [part[0].upper() for part in name.split() if part[:1].isalpha()]
    if len(letters) < 2:
        return
    plain = "".join(letters)
    forms = []
    if f"{letters[0]}." in written and f"{letters[-1]}." in written:
        forms.append(r"\.\s?".join(re.escape(letter) for letter in letters) + r"\.")
    if plain.lower() not in TERMS and plain in written:
        forms.append(re.escape(plain))
    for form in forms:
        for match in re.finditer(rf"(?<![\w.]){form}(?!\w)", written):
            yield match.span()


def places_of_handle(
    first: str, last: str, folded: str, original: str
) -> Iterator[tuple[int, int]]:
    """Where an initial with the surname stands, or a handle made of both; all three folded.

    ``original`` is as long as ``folded`` where capitals decide: ``A. Long``, but not ``a long``.
    """
    if len(last) < 2 or last not in folded:
        return
    parted = (
        rf"(?<!\w)(?:{re.escape(first[0])}\.?|{re.escape(first)})[\s._-]{{1,2}}{re.escape(last)}"
    )
    for match in re.finditer(rf"{parted}(?!\w)", folded):
        start, end = match.span()
        said = original[start:end]
        is_handle = any(sign in said for sign in "._") and " " not in said
        if is_handle or (said[:1].isupper() and said[end - start - len(last)].isupper()):
            yield start, end
    if last in COMMON_WORDS or len(last) < 4:
        return
    for glued in (first[0] + last, first + last, last + first[0]):
        for match in re.finditer(rf"(?<!\w){re.escape(glued)}(?!\w)", folded):
            yield match.span()
