"""What people write beyond CommonMark: bare links, tasks, breaks in tables, folds, footnotes.

Each is rendered, or becomes plain text without the signs that would have made it.
"""

import re
from collections.abc import Iterator

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

_BREAK = r"<br\s*/?>"
_FOLD = r"</?(?:details|summary)\b[^>]*>"
_LINK = r"https?://[^\s<>\"]+"
_PARTS = re.compile(f"({_BREAK}|{_FOLD}|{_LINK})", re.IGNORECASE)
_TASK = re.compile(r"\[([ xX])\]\s+")
_NOTE = re.compile(r"^( {0,3})\[\^([^\]\s]{1,40})\]:[ \t]*")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
LOWEST = 5
"""The level of the smallest heading."""


def written_markdown(markdown: MarkdownIt) -> MarkdownIt:
    """``markdown`` with tables, struck words, and what people write beyond."""
    markdown.enable(["table", "strikethrough"])
    markdown.core.ruler.push("written", _as_written)
    return markdown


def without_footnotes(text: str) -> str:
    """``text`` whose footnotes are paragraphs of their own, called by their number in brackets.

    CommonMark would take them for addresses of links. Fenced code is left alone.
    """
    lines: list[tuple[str, bool]] = []
    names, fence = set(), ""
    for line in text.split("\n"):
        if found := _FENCE.match(line):
            fence = "" if fence and found[1].startswith(fence) else fence or found[1]
        elif not fence and (note := _NOTE.match(line)):
            names.add(note[2])
            line = f"\n{note[1]}[^{note[2]}] {line[note.end() :]}"
        lines.append((line, bool(fence)))
    return "\n".join(line if is_code else _numbered(line, names) for line, is_code in lines)


def _numbered(line: str, names: set[str]) -> str:
    for name in names:
        line = line.replace(f"[^{name}]", f"\\[{name}\\]")
    return line


def _as_written(state: StateCore) -> None:
    is_item = False
    for token in state.tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1:]) + 2, LOWEST)}"
        if token.type == "inline" and token.children:
            if is_item:
                _tick(token.children[0])
            token.children = list(_rewritten(token.children))
        is_item = token.type == "list_item_open" or (is_item and token.type == "paragraph_open")


def _tick(first: Token) -> None:
    """A task of a list shows whether it is done."""
    if first.type == "text" and (found := _TASK.match(first.content)):
        box = "☐" if found[1] == " " else "☑"
        first.content = f"{box} {first.content[found.end() :]}"


def _rewritten(children: list[Token]) -> Iterator[Token]:
    inside = 0
    for token in children:
        inside += token.nesting if token.type.startswith("link_") else 0
        if token.type == "image":
            words = token.content or "picture"
            yield from [_text(words)] if inside else _link(str(token.attrs["src"]), words)
        elif token.type == "text":
            yield from _split(token.content, is_linked=bool(inside))
        else:
            yield token


def _split(text: str, *, is_linked: bool) -> Iterator[Token]:
    for number, part in enumerate(_PARTS.split(text)):
        if number % 2 == 0:
            if part:
                yield _text(part)
        elif re.fullmatch(_BREAK, part, re.IGNORECASE):
            yield Token("hardbreak", "br", 0)
        elif re.fullmatch(_LINK, part, re.IGNORECASE):
            address = _trimmed(part)
            yield from [_text(address)] if is_linked else _link(address, address)
            if rest := part[len(address) :]:
                yield _text(rest)


def _trimmed(address: str) -> str:
    """The address without the signs of the sentence around it."""
    while address[-1] in ".,;:!?'*_~" or (
        address[-1] == ")" and address.count(")") > address.count("(")
    ):
        address = address[:-1]
    return address


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)


def _link(address: str, words: str) -> list[Token]:
    opening = Token("link_open", "a", 1, attrs={"href": address})
    return [opening, _text(words), Token("link_close", "a", -1)]
