"""Forms about accounts. What a field may hold is the services' business; here is only what it is called."""

from wtforms import HiddenField, PasswordField, RadioField, SelectMultipleField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, EqualTo, Length

from app.errors import Invalid
from app.models import Scope
from app.services import api_tokens
from app.services.accounts import PASSWORD_LENGTH_MIN
from app.web.form import BaseForm

_NEW = f"At least {PASSWORD_LENGTH_MIN} characters. Three words that do not belong together are good."


class AccountForm(BaseForm):
    """A form that can show what a service refused."""

    def show(self, error: Invalid) -> None:
        """Put each message at its field; what has no field stands at the first."""
        first = next(name for name in self._fields if name not in ("csrf_token", "next"))
        for name, message in error.problems.items():
            field = self._fields.get(name, self._fields[first])
            field.errors = [*field.errors, message]


class SignInForm(AccountForm):
    """E-mail address and password."""

    email = StringField("E-mail address", [DataRequired("Enter your e-mail address"), Length(max=254)])
    password = PasswordField("Password", [DataRequired("Enter your password"), Length(max=1000)])
    next = HiddenField()


class ResetForm(AccountForm):
    """Whose password."""

    email = StringField("E-mail address", [DataRequired("Enter your e-mail address"), Length(max=254)])


class StartForm(AccountForm):
    """A new password, twice."""

    password = PasswordField(
        "New password", [DataRequired("Enter a new password"), Length(max=1000)], description=_NEW
    )
    again = PasswordField(
        "New password again",
        [DataRequired("Enter the new password again"), EqualTo("password", "The two passwords differ")],
    )


class OwnerForm(AccountForm):
    """The first account."""

    name = StringField("Your name", [DataRequired("Enter your name"), Length(max=200)])
    email = StringField("E-mail address", [DataRequired("Enter your e-mail address"), Length(max=254)])
    password = PasswordField(
        "Password", [DataRequired("Enter a password"), Length(max=1000)], description=_NEW
    )
    again = PasswordField(
        "Password again",
        [DataRequired("Enter the password again"), EqualTo("password", "The two passwords differ")],
    )


class JoinForm(AccountForm):
    """A new account for an address that is known from the invitation."""

    name = StringField("Your name", [DataRequired("Enter your name"), Length(max=200)])
    password = PasswordField(
        "Password", [DataRequired("Enter a password"), Length(max=1000)], description=_NEW
    )
    again = PasswordField(
        "Password again",
        [DataRequired("Enter the password again"), EqualTo("password", "The two passwords differ")],
    )


class EmailForm(AccountForm):
    """Another address, and the proof that it is the holder who asks."""

    email = StringField("New e-mail address", [DataRequired("Enter an e-mail address"), Length(max=254)])
    current = PasswordField("Your password", [DataRequired("Enter your password"), Length(max=1000)])


class CurrentPasswordForm(AccountForm):
    """The proof that it is the holder who asks."""

    current = PasswordField("Your password", [DataRequired("Enter your password"), Length(max=1000)])


class NameForm(AccountForm):
    """What somebody is called."""

    name = StringField("Your name", [DataRequired("Enter your name"), Length(max=200)])


class PasswordForm(AccountForm):
    """The present password, and a new one twice."""

    current = PasswordField("Your present password", [DataRequired("Enter your present password")])
    password = PasswordField(
        "New password", [DataRequired("Enter a new password"), Length(max=1000)], description=_NEW
    )
    again = PasswordField(
        "New password again",
        [DataRequired("Enter the new password again"), EqualTo("password", "The two passwords differ")],
    )


class ProofForm(AccountForm):
    """A change that asks for the password, unless it was asked just now (app/web/proof.py)."""

    current = PasswordField("Your password", [DataRequired("Enter your password"), Length(max=1000)])


class CodeForm(AccountForm):
    """The code that an app shows now."""

    code = StringField(
        "Code from your app", [DataRequired("Enter the code that the app shows"), Length(max=40)]
    )


class RecoveryForm(AccountForm):
    """One of the codes on paper."""

    code = StringField("Recovery code", [DataRequired("Enter one of your recovery codes"), Length(max=40)])


class ConfirmAppForm(ProofForm):
    """The first code of an app that has just been given its key."""

    code = StringField(
        "Code that the app shows now", [DataRequired("Enter the code that the app shows"), Length(max=40)]
    )


class PasskeyForm(ProofForm):
    """What a new passkey is called."""

    name = StringField(
        "Name of the passkey",
        [DataRequired("Enter a name, such as “My phone”"), Length(max=60)],
        description="So that you know it later, for example “My phone” or “Blue key ring”.",
    )


class TokenForm(ProofForm):
    """What a program may do for its account, and until when. What is right is the service's business."""

    name = StringField(
        "What is it for?",
        [Length(max=60)],
        description="So that you know it later, for example “Upload from the recording room”.",
    )
    scopes = SelectMultipleField(
        "What may it do?",
        choices=[
            SelectChoice(Scope.read.value, "Read: shows, episodes and transcripts, drafts too"),
            SelectChoice(Scope.upload.value, "Upload: send recordings, and follow them until they are ready"),
            SelectChoice(Scope.edit.value, "Edit: titles, notes and transcripts"),
            SelectChoice(Scope.publish.value, "Publish: publish, schedule and unpublish, and use the bin"),
        ],
        validate_choice=False,
    )
    days = RadioField(
        "How long does it last?",
        choices=[SelectChoice(str(days), words) for days, words in api_tokens.LASTS.items()],
        default=str(max(api_tokens.LASTS)),
        validate_choice=False,
    )
