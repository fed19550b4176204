"""The tables of simplejwt's blacklist, made by Django from its models: auth_user is there already, made by jwtauthd."""
import django
from django.apps import apps
from django.db import connection

django.setup()
there = connection.introspection.table_names()
with connection.schema_editor() as editor:
    for model in apps.get_app_config("token_blacklist").get_models():
        if model._meta.db_table not in there:
            editor.create_model(model)
