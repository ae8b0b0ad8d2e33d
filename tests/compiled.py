"""What every web application of a run would compile anew, compiled once for all of them.

Thousands of tests make an application of their own. The 145 routes and the templates are the same in each;
only what is compiled from them is shared here: no setting, no state, no answer.
"""

from collections.abc import Callable
from types import CodeType
from typing import Any, ClassVar

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from werkzeug.routing import Rule


class OnceCompiledRule(Rule):
    """A route whose builders of addresses are shared by equal routes of other applications.

    A builder is a plain function of a route: it is bound to each after this, and asks that for its
    converters. Compiling them is nine tenths of `create_app`.
    """

    _builders: ClassVar[dict[tuple[object, ...], Callable[..., tuple[str, str]]]] = {}

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        same = (self.rule, *self._trace, repr(self.defaults), append_unknown)
        if same not in self._builders:
            self._builders[same] = super()._compile_builder(append_unknown)
        return self._builders[same]


class OnceCompiledTemplates(BytecodeCache):
    """The code of each template, by its name and by what stands in it."""

    def __init__(self) -> None:
        self._codes: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._codes.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        if bucket.code is not None:
            self._codes[bucket.key, bucket.checksum] = bucket.code


def compile_once() -> None:
    """From now on, in every application that this process makes."""
    options: dict[str, Any] = {"bytecode_cache": OnceCompiledTemplates()}
    Flask.url_rule_class = OnceCompiledRule
    Flask.jinja_options = options
