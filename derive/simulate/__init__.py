"""Experiments of finite size, made from the model file alone: the check of theory that uses no formula of theory.

The package has the name of its verb.  Importing it puts it in the verb's place in `derive`, so it can be called as one.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import Any


class _Verb(ModuleType):
    def __call__(self, *arguments: Any, **options: Any) -> Any:
        return import_module("derive.api").simulate(*arguments, **options)


sys.modules[__name__].__class__ = _Verb
