"""Markdown becomes HTML here and nowhere else, when it is written, cleaned of all that acts."""

import re

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup

from pages.invisible import on_one_line
from pages.written import without_footnotes, written_markdown

TAGS = {
    "p", "br", "hr", "em", "strong", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a",
    "h3", "h4", "h5", "table", "thead", "tbody", "tr", "th", "td", "sub", "sup",
}  # fmt: skip
_EMPTY = re.compile(r"<p>(?:\s|<br>)*</p>\s*")
#: What acts anywhere in a line; a break in a list or a rule acts at its start only.
_MARKS = re.compile(r"[\\`*_\[\]<>|~&]")
_FIRST = re.compile(r"^(\d*)([-+#=.):])")
_markdown = written_markdown(MarkdownIt("commonmark", {"html": False, "linkify": False}))


def render_markdown(text: str) -> str:
    """HTML of ``text``: tags that format, no images, no ``id``, ``class``, ``data-`` or ``hx-``.

    Headings start at the third level, since they stand inside a page. Links leave no referrer.
    """
    text, names = without_footnotes(text)
    html = nh3.clean(
        _markdown.render(text, {"footnotes": names}),
        tags=TAGS,
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )
    return _EMPTY.sub("", html)


def stored_html(html: str) -> Markup:
    """What ``render_markdown`` made when it was written, to stand in a page as it is."""
    return Markup(html)  # noqa: S704 - made and cleaned by render_markdown


def as_plain(text: str) -> str:
    """``text`` so that Markdown shows it letter for letter, on one line.

    Only what would act is escaped, so that the source reads as the text does.
    """
    line = _MARKS.sub(r"\\\g<0>", on_one_line(text).strip())
    return _FIRST.sub(r"\1\\\2", line)
