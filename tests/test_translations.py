"""The site speaks Simplified Chinese wherever it speaks English: every text, in good form, the administration too."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from functools import cache
from importlib.resources import files

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from django.apps import apps
from django.contrib.auth.models import User
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django.utils import translation

from conversations.sidebar import group_label
from tests import translations
from tests.borrowed_texts import TEXTS, TEXTS_IN_CONTEXT
from tests.translations import PO_PATH, entries

CHINESE = {"Accept-Language": "zh-hans"}
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w+\}|</?\w+[^>]*>")
LENDERS = ("django.conf", "django.contrib.admin", "django.contrib.auth", "allauth")


@cache
def texts() -> Catalog:
    return translations.texts_in_code()


@cache
def catalogue() -> Catalog:
    return translations.read_catalogue()


def listed(found: object) -> str:
    return f"\n  {found}\nRun `make messages`, then translate what is empty in {PO_PATH}."


def placeholders(text: str) -> list[str]:
    return sorted(PLACEHOLDER.findall(text))


def test_every_text_is_in_the_catalogue() -> None:
    missing = entries(texts()).keys() - entries(catalogue()).keys()
    assert not missing, f"The catalogue lacks:{listed(sorted(text for text, _ in missing))}"


def test_every_text_is_translated() -> None:
    untranslated = entries(catalogue()).keys() - translations.translations(catalogue()).keys()
    assert not untranslated, f"Not translated, or fuzzy:{listed(sorted(text for text, _ in untranslated))}"


def test_the_catalogue_holds_nothing_that_the_code_does_not_say() -> None:
    gone = entries(catalogue()).keys() - entries(texts()).keys()
    assert not gone, f"No longer in the code:{listed(sorted(text for text, _ in gone))}"


def test_what_django_loads_is_what_the_catalogue_says() -> None:
    compiled = translations.translations(translations.read_compiled())
    assert compiled == translations.translations(catalogue()), listed("The compiled catalogue is another.")


def test_translations_keep_placeholders_and_markup() -> None:
    for message in entries(catalogue()).values():
        original = message.id if isinstance(message.id, str) else message.id[-1]
        assert placeholders("".join(message.string)) == placeholders(original), original


def test_translations_keep_to_the_rules_of_chinese_text() -> None:
    """Full-width punctuation, and a space between Chinese and Latin words."""
    for (original, context), said in translations.translations(catalogue()).items():
        words = PLACEHOLDER.sub("", said)
        assert not re.search(r"[一-鿿][,.:;!?()]|\.\.\.", words), said
        assert not original.endswith(".") or said.endswith("。"), said
        if context != "format of a month of this year":
            assert not re.search(r"[一-鿿][A-Za-z\d]|[A-Za-z\d][一-鿿]", words), said


def test_what_is_borrowed_is_still_said_by_those_it_is_borrowed_from() -> None:
    said: set[tuple[str, str | None]] = set()
    for name in LENDERS:
        source = files(name) / "locale" / "en" / "LC_MESSAGES" / "django.po"
        with source.open("rb") as file:
            said |= entries(read_po(file)).keys()
    firsts = {text if isinstance(text, str) else text[0] for text in TEXTS}
    borrowed = {(text, None) for text in firsts} | {(text, context) for context, text in TEXTS_IN_CONTEXT}
    assert borrowed <= said


def test_a_page_is_in_the_language_that_the_browser_asks_for(alice_client: Client) -> None:
    page = alice_client.get("/settings/", headers=CHINESE).content.decode()
    assert '<html lang="zh-hans"' in page
    for text in ("设置", "新对话", "已归档的对话", "语言", "退出登录"):
        assert text in page
    assert "Sign out" not in page


def test_the_choice_of_a_language_outlives_the_browser(alice_client: Client) -> None:
    alice_client.post(reverse("set_language"), {"language": "zh-hans", "next": "/settings/"})
    assert int(alice_client.cookies["django_language"]["max-age"]) > 30 * 86400
    assert '<html lang="zh-hans"' in alice_client.get("/settings/").content.decode()


@pytest.mark.django_db
def test_forms_of_accounts_and_their_errors_are_chinese(alice: User, client: Client) -> None:
    page = client.get("/accounts/login/", headers=CHINESE).content.decode()
    assert "用户名或电子邮箱" in page
    form = {"username": "a", "email": "no address", "password1": "short", "password2": "other"}
    page = client.post("/accounts/signup/", form, headers=CHINESE).content.decode()
    for text in ("至少需要 2 个字符", "请输入有效的电子邮箱", "密码太短，至少需要 8 个字符"):
        assert text in page


def test_the_administration_names_its_tables_in_chinese(staff_client: Client) -> None:
    page = staff_client.get(reverse("admin:index"), headers=CHINESE).content.decode()
    for text in ("对话", "消息", "生成任务", "端点", "模型"):
        assert text in page


@pytest.mark.parametrize("model", list(apps.get_app_config("conversations").get_models()))
def test_every_column_has_a_name_that_is_translated(model: type[Model]) -> None:
    with translation.override("zh-hans"):
        names = {
            field.name: str(field.verbose_name)
            for field in model._meta.get_fields()
            if field.concrete and not field.primary_key
        }
    unnamed = {name for name, said in names.items() if not re.search("[一-鿿]", said)}
    assert unnamed <= {"html"}


@pytest.mark.parametrize(
    ("moment", "english", "chinese"),
    [
        (datetime(2026, 6, 15, 12, tzinfo=UTC), "Today", "今天"),
        (datetime(2026, 6, 10, 12, tzinfo=UTC), "Previous 7 days", "过去 7 天"),
        (datetime(2026, 3, 2, 12, tzinfo=UTC), "March", "3月"),
        (datetime(2025, 11, 2, 12, tzinfo=UTC), "November 2025", "2025年11月"),
    ],
)
def test_months_are_named_as_each_language_names_them(moment: datetime, english: str, chinese: str) -> None:
    for language, label in (("en", english), ("zh-hans", chinese)):
        with translation.override(language):
            assert group_label(moment, date(2026, 6, 15)) == label
