"""Tells the product's own tables from those that somebody else keeps in the same schema."""

from collections.abc import Iterable

from django.db import connection
from django.db.migrations.loader import MigrationLoader


def tables_of(ran: Iterable[tuple[str, str]]) -> set[str]:
    """The tables that the migrations ``ran`` made, and those of the models of this version.

    A library that squashed its migrations names others than ``ran`` does; its models are there.
    """
    loader = MigrationLoader(connection)
    known = [key for key in ran if key in loader.graph.nodes]
    models = loader.project_state(known).apps.get_models(include_auto_created=True)
    named = connection.introspection.django_table_names(include_views=False)
    return {*named, *(model._meta.db_table for model in models)}
