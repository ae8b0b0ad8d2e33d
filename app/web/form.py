"""What every form of ours begins with: fields come from a form's body, and from nowhere else."""

from collections.abc import Iterator
from typing import Any

from flask import request
from flask_wtf import FlaskForm
from werkzeug.datastructures import CombinedMultiDict, MultiDict
from wtforms import FileField, PasswordField
from wtforms.fields.core import UnboundField


class BaseForm(FlaskForm):  # type: ignore[misc]  # the library is untyped
    """A form whose fields are text, files or missing, whatever was sent."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]  # the library is untyped
        """Where the fields come from."""

        def wrap_formdata(self, form: FlaskForm, formdata: Any) -> Any:
            """The form's body: files for the fields that take files, text for all.

            The library would take JSON as well, whose values may be anything, and a file for a text.
            """
            if formdata is None or hasattr(formdata, "getlist"):
                return formdata
            if not form.is_submitted():
                return None
            kept = {field.name for field in form if isinstance(field, FileField)}
            files = [(name, file) for name, file in request.files.items(multi=True) if name in kept]
            return CombinedMultiDict([MultiDict(files), request.form])


def password_fields() -> frozenset[str]:
    """The names of all fields, of any form, that take a password."""
    return frozenset(name for form in _kinds(BaseForm) for name in _passwords(form))


def _kinds(form: type[BaseForm]) -> Iterator[type[BaseForm]]:
    for kind in form.__subclasses__():
        yield kind
        yield from _kinds(kind)


def _passwords(form: type[BaseForm]) -> Iterator[str]:
    for name, made in vars(form).items():
        if isinstance(made, UnboundField) and issubclass(made.field_class, PasswordField):
            yield name
