"""Widgets rendered without a template are byte for byte those of Django's templates."""

from typing import Any

import pytest
from django import forms
from django.forms.renderers import Jinja2

from pages.widgets import PLAIN, PlainWidgets

NASTY = """<b>"it's" & more</b>\n\u202e Ünïcode"""
CHOICES = [
    ("", "nobody yet"),
    ("a", NASTY),
    (NASTY, "b"),
    ("Group <1>", [(1, "one"), ("2", "two")]),
]
WIDGETS: list[Any] = [
    forms.TextInput(attrs={"autocomplete": "off", "data-x": NASTY}),
    forms.NumberInput(attrs={"step": 0.5, "disabled": True, "required": False}),
    forms.EmailInput(),
    forms.URLInput(),
    forms.HiddenInput(),
    forms.DateInput(),
    forms.DateTimeInput(),
    forms.TimeInput(),
    forms.CheckboxInput(),
    forms.Textarea(attrs={"rows": 2}),
    forms.Select(choices=CHOICES),
    forms.SelectMultiple(choices=CHOICES),
    forms.RadioSelect(choices=CHOICES[:3]),
    forms.PasswordInput(),
]


@pytest.mark.parametrize("widget", WIDGETS, ids=lambda one: type(one).__name__)
@pytest.mark.parametrize("value", [None, "", "a", NASTY, 0, 3, True, False, ["a", "2"]], ids=repr)
def test_a_widget_is_what_the_template_makes(widget: Any, value: Any) -> None:
    attrs = {"id": "edit-name", "aria-describedby": NASTY}
    ours = widget.render("a <name>", value, attrs, PlainWidgets())

    assert ours == widget.render("a <name>", value, attrs, Jinja2())


def test_most_widgets_need_no_template() -> None:
    needing = {type(widget).__name__ for widget in WIDGETS if widget.template_name not in PLAIN}

    assert needing == {"RadioSelect", "PasswordInput"}


class OwnOption(forms.Select):
    option_template_name = "django/forms/widgets/radio_option.html"


def test_an_option_with_a_template_of_its_own_keeps_it() -> None:
    widget = OwnOption(choices=CHOICES[:2])

    ours = widget.render("name", "a", {}, PlainWidgets())

    assert ours == widget.render("name", "a", {}, Jinja2())
