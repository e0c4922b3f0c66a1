import re
from html.parser import HTMLParser

import pytest

from procurement_kit.outgoing import visible_text
from procurement_kit.publishing.html import Cover, render_html, render_table
from procurement_kit.publishing.pages import page_views, table_view
from procurement_kit.publishing.recipes import read_recipe

VOID = {"meta", "br", "img", "input", "hr", "link"}


class Outline(HTMLParser):
    """Headings in order, identities, links, and whether every element is closed."""

    def __init__(self):
        super().__init__()
        self.headings, self.ids, self.links, self.open, self.wrong = [], [], [], [], []

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        self.ids += [values["id"]] if "id" in values else []
        self.links += [values["href"]] if tag == "a" else []
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


@pytest.fixture
def html(writer):
    cover = Cover("Rapport", "Prøveby Kommune", "2025", "95 % placeret", ("Ikke afstemt.",))
    return render_html(cover, page_views(read_recipe("municipal_report"), writer), writer)


@pytest.fixture
def outline(html):
    parser = Outline()
    parser.feed(html)
    return parser


def test_the_file_is_one_document_in_danish(html, outline):
    assert html.startswith("<!DOCTYPE html>")
    assert '<html lang="da">' in html
    assert not outline.wrong
    assert not outline.open


def test_nothing_is_fetched(html):
    assert not re.search(r"""(?:src|href)=["'](?!#)""", html)
    assert "@import" not in html
    assert "http" not in html.replace("http-equiv", "")
    assert html.count("<script") == 1  # the report's own
    assert "default-src 'none'" in html


def test_headings_come_in_order_and_identities_once(outline):
    assert outline.headings[0] == 1
    assert outline.headings.count(1) == 1
    assert all(after - before <= 1 for before, after in zip(outline.headings, outline.headings[1:], strict=False))
    assert len(outline.ids) == len(set(outline.ids))


def test_every_link_of_the_contents_leads_somewhere(outline):
    assert {"#s01", "#s12"} <= set(outline.links)
    assert all(link[1:] in outline.ids for link in outline.links)


def test_figures_have_their_numbers_as_tables(html):
    assert html.count("<figure") == 4
    assert html.count("<svg") == 4
    assert html.count("<details>") >= 6


def test_a_preliminary_report_says_so_and_why(html):
    assert html.count("FORELØBIG") == 2
    assert "Ikke afstemt." in html


def test_print_and_dark_mode_are_there(html):
    assert "@page{size:A4" in html
    assert "prefers-color-scheme:dark" in html


def test_what_stands_in_the_data_cannot_become_markup(writer, spend):
    spend.tables["top_suppliers"]["supplier_label"] = ["<img src=x onerror=alert(1)>", "B & C", None]
    html = render_table(table_view(writer, "spend", "top_suppliers"))
    assert "<img" not in html
    assert "B &amp; C" in html


def test_numbers_stand_to_the_right(writer):
    html = render_table(table_view(writer, "spend", "by_area"))
    assert ' data-value="6.000000e+05">600</td>' in html
    assert '<td class="code">04</td>' in html


def test_visible_text_leaves_out_styles_and_paths():
    text = visible_text('<style>a{}</style><svg><path d="M 123456 1234"/><text>Æ &amp; Ø</text></svg><p>i alt</p>')
    assert text.split() == ["Æ", "&", "Ø", "i", "alt"]


def test_the_same_pages_give_the_same_bytes(html, writer):
    cover = Cover("Rapport", "Prøveby Kommune", "2025", "95 % placeret", ("Ikke afstemt.",))
    assert render_html(cover, page_views(read_recipe("municipal_report"), writer), writer) == html
