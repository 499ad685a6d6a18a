"""Markdown as real reviews write it: rendered, or plain without debris."""

import pytest

from pages.markdown import render_markdown

REL = 'rel="noopener noreferrer nofollow"'
WRITTEN = [
    (
        "See https://ci.example/a_b_c (twice), or (https://ci.example/x(1)).",
        (
            f'<p>See <a href="https://ci.example/a_b_c" {REL}>https://ci.example/a_b_c</a> '
            "(twice), "
            f'or (<a href="https://ci.example/x(1)" {REL}>https://ci.example/x(1)</a>).</p>'
        ),
    ),
    (
        "- [ ] alert\n- [x] runbook\n- plain",
        "<ul>\n<li>☐ alert</li>\n<li>☑ runbook</li>\n<li>plain</li>\n</ul>",
    ),
    (
        "|a|\n|-|\n|x<br/>y|",
        (
            "<table>\n<thead>\n<tr>\n<th>a</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n<td>x<br>\ny</td>\n"
            "</tr>\n</tbody>\n</table>"
        ),
    ),
    (
        "<details>\n\n<summary>More</summary>\n\nhidden\n\n</details>",
        "<p>More</p>\n<p>hidden</p>",
    ),
    (
        "![the graph](https://p.example/g.png)",
        f'<p><a href="https://p.example/g.png" {REL}>the graph</a></p>',
    ),
    (
        "[![badge](https://p.example/b.png)](https://ci.example/)",
        f'<p><a href="https://ci.example/" {REL}>badge</a></p>',
    ),
    (
        "It fell[^1], by `[^a-z]`.\n\n[^1]: By 3 %.",
        "<p>It fell[1], by <code>[^a-z]</code>.</p>\n<p>[1] By 3 %.</p>",
    ),
    ("```\n[^1]: https://in.code <br>\n```", None),
    (
        "It fell[^1].\n\n```\nx[^1]\n```\n\n[^1]: By 3 %.",
        "<p>It fell[1].</p>\n<pre><code>x[^1]\n</code></pre>\n<p>[1] By 3 %.</p>",
    ),
    (
        "# A\n\n## B\n\n### C\n\n#### D",
        "<h3>A</h3>\n<h4>B</h4>\n<h5>C</h5>\n<h5>D</h5>",
    ),
]


@pytest.mark.parametrize(("text", "html"), WRITTEN)
def test_what_people_write_is_rendered_or_plain(text: str, html: str | None) -> None:
    code = "<pre><code>[^1]: https://in.code &lt;br&gt;\n</code></pre>"
    assert render_markdown(text).strip() == (html or code)


@pytest.mark.parametrize(
    "text",
    ["![x](javascript:alert(1))", "[x](javascript:alert(1))", "<img src=x onerror=alert(1)>"],
)
def test_nothing_written_acts(text: str) -> None:
    html = render_markdown(text)
    assert "<a" not in html
    assert "<img" not in html
