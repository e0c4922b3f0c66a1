import re
from dataclasses import replace
from decimal import Decimal

import pandas as pd
import pytest

from procurement_kit.errors import ParameterError
from procurement_kit.findings import Number
from procurement_kit.outgoing import visible_text
from procurement_kit.publishing.formats import Formats
from procurement_kit.publishing.recipes import read_recipe
from procurement_kit.publishing.sentences import Writer, plain, show, texts, written

PLACES = re.compile(r"\{([a-z0-9_.]+)")


def said(writer, text, about="spend"):
    return writer.fill(text, about, "test").replace("\u00a0", " ")


def leaves(value, path=""):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from leaves(inner, f"{path}[{place}]")
    else:
        yield path, value


def test_numbers_are_written_by_their_unit(writer):
    assert said(writer, "{analysed_amount}, {goods_share}, {line_count}, {largest_area_name}") == (
        "1,0 mio. kr., 35 %, 40, Pleje og omsorg"
    )


def test_the_format_can_be_named(writer):
    assert said(writer, "{analysed_amount:kr} {received_amount:mio1} {goods_share:percent1} {change_share:change}") == (
        "1.000.000 kr. 1,4 mio. kr. 35,0 % +25 %"
    )


def test_plural_and_direction_follow_the_number(writer):
    assert (
        said(writer, "{line_count:plural=linje|linjer} er {change_share:word=faldet|uændret|steget}")
        == "40 linjer er steget"
    )
    assert written(Number(1, "count"), "plural", "linje|linjer", Formats(), where="") == "1\u00a0linje"


def test_another_finding_a_table_and_the_context_can_be_quoted(writer):
    assert said(
        writer, "{municipality}: {tail.k80_count}, {by_area.1.category_name}, {tail.pareto.2.net_amount:kr}"
    ) == ("Prøveby Kommune: 2, Pleje og omsorg, 250.000 kr.")


def test_the_same_finding_reads_in_english(writer):
    english = Writer(Formats("en"), writer.findings, writer.context)
    assert said(english, "{by_area.1.category_name}: {largest_area_name}") == "Elderly care: Elderly care"


def test_an_unknown_number_is_an_error_that_names_the_nearest(writer):
    with pytest.raises(ParameterError, match="analysed_amount"):
        said(writer, "{analyzed_amount}")


def test_an_unknown_text_and_format_are_errors_that_name_them(writer):
    with pytest.raises(ParameterError, match="pages.sumary.*«summary»"):
        writer.say("pages.sumary.headline")
    with pytest.raises(ParameterError, match="«milio» is not a format"):
        said(writer, "{analysed_amount:milio}")
    with pytest.raises(ParameterError, match="no column «categry_name»"):
        said(writer, "{by_area.1.categry_name}")


def test_the_first_form_whose_numbers_exist_is_said(writer, spend):
    forms = ["{change_share:change} siden sidst", "første år"]
    assert said(writer, forms) == "+25 % siden sidst"
    first_year = replace(spend, numbers={**spend.numbers, "change_share": Number(None, "share")})
    assert said(replace(writer, findings={"spend": first_year}), forms) == "første år"


def test_a_form_can_ask_for_a_number_that_is_or_is_not_zero(writer, without_contracts):
    forms = [{"text": "{loyalty_share}", "when": ["contract_count"]}, "ingen liste"]
    assert said(writer, forms, "compliance") == "75 %"
    assert said(replace(writer, findings={"compliance": without_contracts}), forms, "compliance") == "ingen liste"
    assert writer.fill({"text": "ja", "unless": ["to_clarify_amount"]}, "spend", "test") == "ja"


def test_a_finding_that_was_not_given_counts_as_missing(writer, spend):
    alone = replace(writer, findings={"spend": spend})
    assert said(alone, ["{compliance.loyalty_share}", "uden aftaler"]) == "uden aftaler"


def test_a_missing_interval_is_not_said(writer, quality):
    forms = ["{right_share} ({right_share:interval})", "{right_share}"]
    assert said(writer, forms, "quality") == "97 %"
    known = Number(Decimal("0.95"), "share", Decimal("0.93"), Decimal("0.97"))
    measured = replace(quality, numbers={**quality.numbers, "right_share": known})
    assert said(replace(writer, findings={"quality": measured}), forms, "quality") == "95 % (93–97)"


def test_the_units_own_full_stop_ends_the_sentence(writer):
    assert said(writer, "Der er købt for {analysed_amount}.") == "Der er købt for 1,0 mio. kr."


def test_pandas_ways_of_saying_nothing_become_none():
    import pandas as pd

    assert [plain(value) for value in (None, float("nan"), pd.NaT)] == [None, None, None]
    assert [plain(value) for value in ("", 0)] == ["", 0]


def test_both_languages_have_the_same_texts():
    danish, english = (dict(leaves(texts(language))) for language in ("da", "en"))
    differing = {key.replace("_name_en", "_name_da") for key in english} ^ set(danish)
    assert not differing


def test_no_number_is_typed_into_prose():
    shares = r"(80|98|90|95|100|20|2) ?%"  # 80 % is the cut, 98/90/2 the limits, 95 % the intervals
    places = r"(Side|Pages) 4, 5, 10 (og|and) 11|[Ss]ide \d+|[Pp]ages? \d+|S\d\d"
    allowed = re.compile(rf"{shares}|{places}|0 (og|and) 1|90 da|18 m")
    for language in ("da", "en"):
        for path, text in leaves(texts(language)):
            if isinstance(text, str) and not path.startswith(("values", "columns")):
                bare = allowed.sub("", re.sub(r"\{[^}]*\}", "", text))
                assert not re.search(r"\d", bare), f"{language} {path}: {text}"


@pytest.mark.parametrize("language", ["da", "en"])
def test_no_page_text_is_longer_than_sixty_words(language):
    for key, page in texts(language)["pages"].items():
        for path, text in leaves(page.get("text", "")):
            if isinstance(text, str):
                assert len(text.split()) <= 60, f"{language} {key} {path}"


@pytest.mark.parametrize("language", ["da", "en"])
def test_every_page_of_the_standard_recipe_has_its_texts(language):
    for page in read_recipe("municipal_report").pages:
        assert {"name", "headline"} <= set(texts(language)["pages"][page.key])


def test_showing_a_finding_says_its_sentence_checks_and_table(spend):
    told = show(spend)
    assert "Der er købt for 1,0" in repr(told)
    assert "✓ by_area sums to analysed" in repr(told)
    assert "<td>Pleje og omsorg</td>" in told._repr_html_()
    assert "Elderly care" in show(spend, language="en")._repr_html_()


def test_what_is_shown_is_escaped(spend):
    spend.tables["by_area"]["category_name_da"] = ["<script>", "b", None]
    assert "<script>" not in show(spend)._repr_html_()


def test_the_reconciliation_is_told_with_and_without_accounts(reconciliation, not_reconciled):
    told = repr(show(reconciliation)).replace("\u00a0", " ")
    assert "Regnskab 2025: 1,0 mio. kr. på indkøbsarter, 970 t.kr. i data. Art for art er 99,0 % af" in told
    assert "10 t.kr. står i regnskabet og ikke i data, uden at nogen har forklaret hvorfor." in told
    assert "læg accounts.csv i kommunens mappe" in repr(show(not_reconciled))
    assert "Lines without art" in show(reconciliation, language="en")._repr_html_()


@pytest.mark.parametrize(
    ("language", "word"), [("da", "5 rækker mere i fundets tabel."), ("en", "5 more rows in the finding's table.")]
)
def test_a_table_cut_short_in_a_notebook_says_by_how_much_and_where_the_rest_is(spend, language, word):
    rows = spend.tables["by_area"]
    long = pd.concat([rows] * 20, ignore_index=True).head(20)
    finding = replace(spend, tables={**spend.tables, "by_area": long})
    for shown in (show(finding, table="by_area", language=language), show(finding, language=language)):
        assert word in visible_text(shown._repr_html_()).replace("\u00a0", " ")
    whole = visible_text(show(spend, table="by_area", language=language)._repr_html_())
    assert "rækker mere" not in whole
    assert "more rows" not in whole
