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
    ("## A\n\n#### B\n\n## C {#c}", "<h3>A</h3>\n<h4>B</h4>\n<h3>C</h3>"),
    (
        "https://x.example/a*b*c?d=e_f_ “https://x.example/q”、https://例え.jp/パス。",
        (
            f'<p><a href="https://x.example/a*b*c?d=e_f" {REL}>https://x.example/a*b*c?d=e_f</a>_ '
            f'“<a href="https://x.example/q" {REL}>https://x.example/q</a>”、'
            f'<a href="https://例え.jp/パス" {REL}>https://例え.jp/パス</a>。</p>'
        ),
    ),
    (
        "[at https://x.example](https://y.example), www.ci.example/b.",
        (
            f'<p><a href="https://y.example" {REL}>at https://x.example</a>, '
            f'<a href="https://www.ci.example/b" {REL}>www.ci.example/b</a>.</p>'
        ),
    ),
    ("- [ ]\n- [X] **b**", "<ul>\n<li>☐</li>\n<li>☑ <strong>b</strong></li>\n</ul>"),
    (
        "- [ ] a\n\n- [x] b",
        "<ul>\n<li>\n<p>☐ a</p>\n</li>\n<li>\n<p>☑ b</p>\n</li>\n</ul>",
    ),
    ("<br>\n\na<br>\n<br/>b<BR>", "<p>a<br>\n<br>\nb</p>"),
    (
        "<details open>\n<summary><b>Logs</b></summary>\nhidden\n</details>",
        "<p><strong>Logs</strong></p>\n<p>hidden</p>",
    ),
    (
        '<img alt="CPU" src="https://p.example/a_b_c.png" width=2>, ![x](../g.png), ![y](data:,)',
        f'<p><a href="https://p.example/a_b_c.png" {REL}>CPU</a>, x, ![y](data:,)</p>',
    ),
    (
        'H<sub>2</sub>O <kbd>k</kbd> <font color="red">r</font> <a href="https://x.example">l</a>',
        f'<p>H<sub>2</sub>O <code>k</code> r <a href="https://x.example" {REL}>l</a></p>',
    ),
    ("<!-- say\n\nwhat -->\n\ntext<!-- x -->", "<p>text</p>"),
    (
        "List<String>, <your-name>, a <!-- b",
        "<p>List&lt;String&gt;, &lt;your-name&gt;, a &lt;!-- b</p>",
    ),
    ("`<b>` `<!-- x -->`", "<p><code>&lt;b&gt;</code> <code>&lt;!-- x --&gt;</code></p>"),
    (
        "A[^n][^2], `[^n]`.\n\n[^n]: One.\n\n    Two.\n\n- ```\n  [^n]\n  ```",
        (
            "<p>A[n][2], <code>[^n]</code>.</p>\n<p>[n] One.</p>\n<p>Two.</p>\n"
            "<ul>\n<li>\n<pre><code>[^n]\n</code></pre>\n</li>\n</ul>"
        ),
    ),
    (
        "> [!WARNING]\n> Not twice.\n\n[TOC]",
        "<blockquote>\n<p><strong>Warning</strong>\nNot twice.</p>\n</blockquote>",
    ),
    ("[a](#b), [c](d.md), [e](ftp://f)", "<p>a, c, e</p>"),
    (
        "<table><tr><th>a</th></tr>\n<tr><td>**b**</td></tr></table>",
        "<table><tbody><tr><th>a</th></tr>\n<tr><td><strong>b</strong></td></tr></tbody></table>",
    ),
]


@pytest.mark.parametrize(("text", "html"), WRITTEN)
def test_what_people_write_is_rendered_or_plain(text: str, html: str | None) -> None:
    code = "<pre><code>[^1]: https://in.code &lt;br&gt;\n</code></pre>"
    assert render_markdown(text).strip() == (html or code)


@pytest.mark.parametrize(
    "text",
    [
        *("![x](javascript:alert(1))", "[x](javascript:alert(1))", "<img src=x onerror=alert(1)>"),
        *("<a href=javascript:alert(1)>x</a>", "<a href=&#106;avascript:alert(1)>x</a>"),
        *(
            "<img src=javascript:alert(1) alt=x>",
            "[x](//evil.example)",
            "<script>alert(1)</script>",
        ),
    ],
)
def test_nothing_written_acts(text: str) -> None:
    html = render_markdown(text)
    assert "<a" not in html
    assert "<img" not in html
    assert "<script" not in html


@pytest.mark.parametrize(
    "text", ["<!--", "<b ", "x://y ", "[^1]", "<a href=", "http://a(", "[x](", "<p>"]
)
def test_signs_that_never_end_take_no_longer_than_other_words(text: str) -> None:
    assert "end" in render_markdown(text * (20_000 // len(text)) + " end")


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("<b>a\n\nb", "<p>a</p>\n<p>b</p>"),
        ("a</b> <a href='https://x.example'>b\n\n</a>c", "<p>a b</p>\n<p>c</p>"),
        ("<b><i>a</b></i>\n\nb", "<p><strong>a</strong></p>\n<p>b</p>"),
        ("<ul><li>a<li>b</ul>", "<ul><li>a</li><li>b</li></ul>"),
        ("<blockquote>\n\na\n\n</blockquote>", "<p>a</p>"),
    ],
)
def test_a_tag_formats_nothing_beyond_its_own_words(text: str, html: str) -> None:
    assert render_markdown(text).strip() == html
