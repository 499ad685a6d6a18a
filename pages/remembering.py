"""How a form knows what it was opened with, so that nobody overwrites what they never saw.

What nobody touched is what stands there by now; what was typed over something that somebody else
changed meanwhile is refused once, with both beside each other.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.http import QueryDict

from clock.written import written

OPENED_WITH = "initial-"
"""How the names begin by which fields carry what they were opened with: Django's."""
CHANGED = "It says something else by now."
MOST_WORDS = 500


def watch(form: forms.BaseForm, name: str) -> None:
    """Let a field carry what it was opened with; where a program sent none, it never did."""
    is_sent = not form.is_bound or form.add_initial_prefix(name) in form.data
    form.fields[name].show_hidden_initial = is_sent


def keep_untouched(form: forms.BaseForm, values: dict[str, Any]) -> None:
    """Let each field that nobody typed in be what stands there now, in ``values``.

    What was sent for it may be no choice any more; nobody chose it, so that is no error.
    """
    for name, stands in _untouched(form):
        values[name] = stands
        form.errors.pop(name, None)


def _untouched(form: forms.BaseForm) -> Iterator[tuple[str, Any]]:
    """By field that nobody typed in, the value that stands there now, where that is another."""
    for name, field in form.fields.items():
        if _typed(form, name) or not _moved(form, name):
            continue
        stands = form.initial.get(name, field.initial)
        if isinstance(field, forms.ModelChoiceField):
            stands = field.prepare_value(stands)
        try:
            yield name, field.to_python(stands)
        except forms.ValidationError:
            continue  # What stands there is no choice any more; what was sent is judged as such.


def _typed(form: forms.BaseForm, name: str) -> bool:
    """Whether a field says something else than it was opened with.

    What it was opened with may be no choice any more, which Django takes for typed.
    """
    return name in form.changed_data and form[name].data != _opened(form, name)


def _opened(form: forms.BaseForm, name: str) -> Any:
    return (
        form.fields[name]
        .hidden_widget()
        .value_from_datadict(form.data, form.files, form[name].html_initial_name)
    )


def _moved(form: forms.BaseForm, name: str) -> bool:
    """Whether something else stands there than the field carried when it was opened."""
    field, bound = form.fields[name], form[name]
    if not field.show_hidden_initial:
        return False
    return field.has_changed(bound.initial, _opened(form, name))


def overwritten(form: forms.BaseForm) -> dict[str, str]:
    """By field that was typed over what somebody else changed since, in words what stands there.

    From then on the form counts as opened with that, so that sent again, what was typed stands.
    """
    again = QueryDict(mutable=True)
    again.update(form.data)
    found = {}
    for name in form.changed_data:
        if not (_typed(form, name) and _moved(form, name)):
            continue
        field, bound = form.fields[name], form[name]
        stands = bound.initial
        shown = field.hidden_widget().format_value(field.prepare_value(stands))
        if isinstance(shown, list | tuple):
            again.setlist(bound.html_initial_name, [str(one) for one in shown])
        else:
            again[bound.html_initial_name] = "" if shown is None else str(shown)
        if field.has_changed(stands, bound.data):
            found[name] = in_words(field, stands)
    form.data = again
    return found


def in_words(field: forms.Field, value: Any) -> str:
    """A value as a page says it."""
    if isinstance(value, datetime):
        return written(value)
    if isinstance(field, forms.BooleanField) and value is not None:
        return "yes" if value else "no"
    value = field.prepare_value(value)
    values = value if isinstance(value, list | tuple) else [value]
    named = {str(key): words for key, words in getattr(field, "choices", ())}
    return ", ".join(str(named.get(str(one), one)) for one in values if one) or "nothing"


def as_seen(facts: Mapping[str, str]) -> str:
    """What a sheet was made from, as its form carries it."""
    return json.dumps({name: words[:MOST_WORDS] for name, words in facts.items()})


def differing(seen: str, facts: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """What of the facts reads otherwise now: its name, how it read, how it reads.

    Of what a form did not carry nothing is said.
    """
    try:
        read = json.loads(seen)
    except ValueError:
        return []
    if not isinstance(read, dict):
        return []
    return [
        (name, str(read[name])[:MOST_WORDS], words)
        for name, words in facts.items()
        if name in read and read[name] != words[:MOST_WORDS]
    ]
