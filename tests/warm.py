"""What a process of the command line takes long to load, loaded once: those that are forked from here have it."""

import importlib
import pkgutil

import app.main
import app.services
from app.annotations import Metadata
from tests.conftest import PIPELINE, load_models_once

# All but the commands: they look at where they print when they are imported.
for module in pkgutil.walk_packages(app.services.__path__, "app.services."):
    importlib.import_module(module.name)
importlib.import_module("typer.rich_utils")
load_models_once()
app.annotate.load_annotator(PIPELINE).annotate("Oslo is calm.", Metadata())  # word lists are read when they are needed
