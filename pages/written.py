"""What people write beyond CommonMark: bare links, tasks, footnotes, notices, tags that format.

Each is rendered, or becomes plain text without the signs that would have made it. The tags that
stand for formatting are passed on by name alone; what they may be decides who cleans the page.
"""

import re
from collections.abc import Iterator
from html import escape

from markdown_it import MarkdownIt
from markdown_it.common.utils import unescapeAll
from markdown_it.rules_block import StateBlock
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

LOWEST = 5
"""The level of the smallest heading."""
SCHEMES = ("http:", "https:", "mailto:")
"""Where a link may lead, besides an address of our own that begins with a slash."""

#: Written as HTML, and what stands for it here. A heading is one of the third level.
_SHOWN = {
    **{name: name for name in ("em", "strong", "s", "code", "sub", "sup", "pre", "blockquote")},
    **{name: name for name in ("ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td")},
    **dict.fromkeys(("h3", "h4", "h5", "h6"), "h5"),
    "b": "strong",
    "i": "em",
    "del": "s",
    "strike": "s",
    "kbd": "code",
    "tt": "code",
    "samp": "code",
    "h1": "h3",
    "h2": "h4",
    "hr": "hr",
}
#: Their signs go, and what stands inside stays: in a line, or as a paragraph of its own.
_PLAIN = {"span", "font", "small", "big", "u", "ins", "mark", "abbr", "cite", "tfoot"}
_BLOCKS = {"p", "div", "center", "details", "summary", "section", "article", "figure", "figcaption"}
_BREAK = "</p>\n<p>"
_TAG = re.compile(
    r"<(/?)([a-z][a-z0-9]*)"
    r"((?:\s+[^\s=<>\"'/`]+(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s\"'=<>`]+))?)*)\s*/?>",
    re.IGNORECASE,
)
_NAME = re.compile(r"<(/?)(?!hr\b)([a-z0-9]+)\b")
_ENDS_WITH_ITS_LIST = {"li", "thead", "tbody", "tr", "th", "td"}
_IN_A_LINE = ("a", "em", "strong", "s", "code")
_GIVEN = re.compile(r"([^\s=<>\"'/`]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'=<>`]+))")
_SCHEME = re.compile(r"(?<![a-z0-9])https?$", re.IGNORECASE)
#: Up to what no address holds: quotation marks, stops of other scripts, a sign escaped as HTML.
_ADDRESS = re.compile(
    r"://(?:\\[!-/:-@\[-`{-~]|(?!&(?:lt|gt|quot);)[^\s<>\"`\\“”„‘’«»…、。，；：！？（）「」『』])+"
)
_WWW = re.compile(r"(?<![\w./@-])(www\.[a-z0-9-]+(?:\.[a-z0-9-]+)+(?:[/?#][^\s<>\"“”’»…]*)?)", re.I)
_TASK = re.compile(r"\[([ xX])\](?:\s+|$)")
_CELL = re.compile(r"\[([ xX])\]\s*")
_NOTICE = re.compile(r"\[!(NOTE|TIP|IMPORTANT|WARNING|CAUTION)\]\s*$", re.IGNORECASE)
_ANCHOR = re.compile(r"\s*\{#[\w-]+\}\s*$")
_CONTENTS = {"[TOC]", "[[TOC]]", "[[_TOC_]]"}
_NOTE = re.compile(r"^( {0,3})\[\^([^\]\s]{1,40})\]:[ \t]*")
_CALL = re.compile(r"\[\^([^\]\s]{1,40})\]")
_NUMBER = re.compile(r"[0-9]+")
_FENCE = re.compile(r"[ >]*(`{3,}|~{3,})")


def written_markdown(markdown: MarkdownIt) -> MarkdownIt:
    """``markdown`` with tables, struck words, and what people write beyond."""
    markdown.enable(["table", "strikethrough"])
    markdown.block.ruler.before("reference", "comment", _comment, {"alt": ["paragraph", "list"]})
    markdown.inline.ruler.before("text", "address", _address)
    markdown.inline.ruler.before("link", "footnote", _footnote)
    markdown.inline.ruler.before("autolink", "tag", _tag)
    markdown.core.ruler.push("written", _as_written)
    return markdown


def without_footnotes(text: str) -> tuple[str, set[str]]:
    """``text`` whose footnotes are paragraphs of their own, and the names they are called by.

    CommonMark would take them for addresses of links. Fenced code is left alone.
    """
    lines, names, fence, is_note = [], set(), "", False
    for line in text.split("\n"):
        if found := _FENCE.match(line):
            fence = "" if fence and found[1].startswith(fence) else fence or found[1]
        elif not fence and (note := _NOTE.match(line)):
            names.add(note[2])
            line, is_note = f"\n{note[1]}[^{note[2]}] {line[note.end() :]}", True
        elif not fence and is_note and line.strip():
            is_note = line.startswith(("  ", "\t"))
            line = line.lstrip() if is_note else line
        lines.append(line)
    return "\n".join(lines), names


def _address(state: StateInline, silent: bool) -> bool:
    """Take a bare address whole, so that no sign in it marks anything."""
    if state.src[state.pos] != ":" or not (found := _ADDRESS.match(state.src, state.pos)):
        return False
    if not (scheme := _SCHEME.search(state.pending[-6:])):
        return False
    rest = _trimmed(found[0])
    if len(rest) <= len("://"):
        return False
    if not silent:
        address = unescapeAll(scheme[0] + rest)
        if state.linkLevel > 0:
            state.pending += address[len(scheme[0]) :]
        else:
            state.pending = state.pending[: -len(scheme[0])]
            _push(state, _link(address, [_text(address)]))
    state.pos += len(rest)
    return True


def _trimmed(address: str) -> str:
    """The address without the signs of the sentence around it."""
    for opening, closing in ("()", "[]"):
        depth = 0
        for place, sign in enumerate(address):
            depth += (sign == opening) - (sign == closing)
            if depth < 0:
                address = address[:place]
                break
    return address.rstrip(".,;:!?'*_~|")


def _footnote(state: StateInline, silent: bool) -> bool:
    """A call of a footnote is its name in brackets; where nothing explains it, a number's is."""
    if not (found := _CALL.match(state.src, state.pos)):
        return False
    if found[1] not in state.env.get("footnotes", ()) and not _NUMBER.fullmatch(found[1]):
        return False
    if not silent:
        state.pending += f"[{found[1]}]"
    state.pos = found.end()
    return True


def _tag(state: StateInline, silent: bool) -> bool:
    """A tag that formats does so without what else it says; a comment is not shown."""
    if state.src.startswith("<!--", state.pos):
        if state.html_terminator_last("-->") < state.pos + 4:
            return False
        state.pos = state.src.index("-->", state.pos + 4) + 3
        return True
    if not (found := _TAG.match(state.src, state.pos)):
        return False
    name = found[2].lower()
    if name not in _SHOWN and name not in _PLAIN | _BLOCKS | {"a", "br", "img"}:
        return False
    if not silent:
        _push(state, _standing_for(state, name, found[3], is_end=bool(found[1])))
    state.pos = found.end()
    return True


def _standing_for(state: StateInline, name: str, says: str, *, is_end: bool) -> list[Token]:
    if name in _SHOWN:
        return [_html(f"<{'/' if is_end else ''}{_SHOWN[name]}>")]
    if name == "br":
        return [Token("hardbreak", "br", 0)]
    if name in _BLOCKS:
        return [_html(_BREAK)]
    given = {key.lower(): unescapeAll("".join(value)) for key, *value in _GIVEN.findall(says)}
    if name == "img":
        words = given.get("alt") or "picture"
        return _link(given.get("src", ""), [_text(words)], is_inside=state.linkLevel > 0)
    if name == "a" and is_end and state.linkLevel > 0:
        state.linkLevel -= 1
        return [_html("</a>")]
    if name == "a" and not is_end and _leads(given.get("href", "")):
        state.linkLevel += 1
        return [_html(f'<a href="{escape(given["href"])}">')]
    return []


def _comment(state: StateBlock, first: int, last: int, silent: bool) -> bool:
    """A comment that begins a line is not shown, however many paragraphs it has."""
    start = state.bMarks[first] + state.tShift[first]
    if state.is_code_block(first) or not state.src.startswith("<!--", start):
        return False
    end = state.src.find("-->", start + 4, state.eMarks[last - 1])
    if end < 0:
        return False
    line = next(number for number in range(first, last) if state.eMarks[number] >= end)
    if state.src[end + 3 : state.eMarks[line]].strip():
        return False
    if not silent:
        state.line = line + 1
    return True


def _as_written(state: StateCore) -> None:
    before, is_item, is_quote = Token("", "", 0), False, False
    used = sorted({int(token.tag[1:]) for token in state.tokens if token.type == "heading_open"})
    above = 2
    for token in state.tokens:
        if token.type == "heading_open":
            above = min(used.index(int(token.tag[1:])) + 3, above + 1, LOWEST)
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{above}"
        if token.type == "inline" and token.children:
            if is_item or (before.type == "td_open" and _CELL.fullmatch(token.content)):
                _tick(token.children)
            if is_quote:
                _name_notice(token.children)
            if before.type == "heading_open" and token.children[-1].type == "text":
                token.children[-1].content = _ANCHOR.sub("", token.children[-1].content)
            may_break = before.type == "paragraph_open" and not before.hidden
            token.children = _rewritten(token.children, may_break=may_break)
            if token.content.strip() in _CONTENTS:
                token.children = []
        is_item = token.type == "list_item_open" or (is_item and token.type == "paragraph_open")
        is_quote = token.type == "blockquote_open" or (is_quote and token.type == "paragraph_open")
        before = token


def _tick(children: list[Token]) -> None:
    """A task of a list shows whether it is done."""
    first = children[0]
    if first.type == "text" and (found := _TASK.match(first.content)):
        box = "☐" if found[1] == " " else "☑"
        first.content = f"{box} {first.content[found.end() :]}"
        if len(children) == 1:
            first.content = first.content.rstrip()


def _name_notice(children: list[Token]) -> None:
    """A quote that is a notice says which in words."""
    if children[0].type == "text" and (found := _NOTICE.match(children[0].content)):
        children[:1] = [_html("<strong>"), _text(found[1].capitalize()), _html("</strong>")]


def _rewritten(children: list[Token], *, may_break: bool) -> list[Token]:
    """The parts of a line with pictures as links, and no gap at its ends or twice inside."""
    found: list[Token] = []
    for token in _with_links(list(_balanced(children))):
        if token.content == _BREAK and not may_break:
            token = Token("hardbreak", "br", 0)
        if _is_gap(token) and (not found or (_is_gap(found[-1]) and not _widens(found, token))):
            continue
        found.append(token)
    while found and _is_gap(found[-1]):
        found.pop()
    return found


def _balanced(children: list[Token]) -> Iterator[Token]:
    """The tags that begin and end in these words; others would format all that follows."""
    stack: list[tuple[str, int]] = []
    alone = set()
    for place, token in enumerate(children):
        if token.type != "html_inline" or not (found := _NAME.match(token.content)):
            continue
        name = found[2]
        if not found[1]:
            stack.append((name, place))
        elif name in [one for one, _ in stack]:
            while (last := stack.pop())[0] != name:
                alone |= set() if last[0] in _ENDS_WITH_ITS_LIST else {last[1]}
        else:
            alone.add(place)
    alone |= {place for _, place in stack}
    for place, token in enumerate(children):
        if place not in alone:
            yield token
        elif not token.content.strip("</>").startswith(_IN_A_LINE):
            yield _html(_BREAK)


def _is_gap(token: Token) -> bool:
    return token.type in ("softbreak", "hardbreak") or token.content == _BREAK


def _widens(found: list[Token], token: Token) -> bool:
    """The wider of two gaps stands: a paragraph, a break, the end of a line."""
    if token.type == "hardbreak" and found[-1].type == "hardbreak":
        return True
    if token.content == _BREAK or (token.type, found[-1].type) == ("hardbreak", "softbreak"):
        while found and _is_gap(found[-1]):
            found.pop()
        return bool(found)
    return False


def _with_links(children: list[Token]) -> Iterator[Token]:
    inside, dropped = 0, 0
    for token in children:
        if token.type == "link_open" and not _leads(str(token.attrs.get("href", ""))):
            dropped += 1
        elif token.type == "link_close" and dropped:
            dropped -= 1
        elif token.type == "image":
            words = token.content or "picture"
            yield from _link(str(token.attrs["src"]), [_text(words)], is_inside=inside > 0)
        elif token.type == "text" and not inside:
            yield from _split(token.content)
        else:
            inside += _nesting(token)
            yield token


def _nesting(token: Token) -> int:
    """One where a link begins, minus one where it ends."""
    if token.type == "html_inline":
        return token.content.startswith("<a ") - (token.content == "</a>")
    return token.nesting if token.type.startswith("link_") else 0


def _split(text: str) -> Iterator[Token]:
    """Text with addresses that begin with *www* as links."""
    for number, part in enumerate(_WWW.split(text)):
        if number % 2 == 0:
            if part:
                yield _text(part)
            continue
        address = _trimmed(part)
        yield from _link(f"https://{address}", [_text(address)])
        if rest := part[len(address) :]:
            yield _text(rest)


def _leads(address: str) -> bool:
    """Whether somebody who reads it here would get there."""
    return address.lower().startswith(SCHEMES) or (address[:1] == "/" and address[1:2] != "/")


def _push(state: StateInline, tokens: list[Token]) -> None:
    if state.pending:
        state.pushPending()
    for token in tokens:
        state.tokens.append(token)
        state.tokens_meta.append(None)


def _html(content: str) -> Token:
    return Token("html_inline", "", 0, content=content)


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)


def _link(address: str, words: list[Token], *, is_inside: bool = False) -> list[Token]:
    if is_inside or not _leads(address):
        return words
    opening = Token("link_open", "a", 1, attrs={"href": address})
    return [opening, *words, Token("link_close", "a", -1)]
