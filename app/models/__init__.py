"""All tables, one family a file."""

from app.models.accounts import Account, MemberRole, Membership, Notice, Role, SignInAttempt
from app.models.api_tokens import ApiToken, Scope
from app.models.audit import AuditEntry
from app.models.communities import Community, Person
from app.models.episodes import (
    Chapter,
    Consent,
    Credit,
    CreditRole,
    DraftLink,
    Episode,
    EpisodeKind,
    EpisodeState,
    EpisodeType,
    PublishWish,
)
from app.models.factors import AppCode, Passkey, RecoveryCode, SpentChallenge
from app.models.identities import Identity
from app.models.invitations import Invitation
from app.models.listening import DayCount, DayListener, Listening, SpoolFile
from app.models.recordings import (
    ChildDeath,
    Enclosure,
    FormerEnclosure,
    Recording,
    RecordingState,
    Step,
    Upload,
    Window,
)
from app.models.searches import UnansweredSearch
from app.models.shows import Season, Show, ShowOrder
from app.models.transcripts import SegmentRow, TranscriptRow
from app.models.workers import WorkerRow

__all__ = [
    "Account",
    "ApiToken",
    "AppCode",
    "AuditEntry",
    "Chapter",
    "ChildDeath",
    "Community",
    "Consent",
    "Credit",
    "CreditRole",
    "DayCount",
    "DayListener",
    "DraftLink",
    "Enclosure",
    "Episode",
    "EpisodeKind",
    "EpisodeState",
    "EpisodeType",
    "FormerEnclosure",
    "Identity",
    "Invitation",
    "Listening",
    "MemberRole",
    "Membership",
    "Notice",
    "Passkey",
    "Person",
    "PublishWish",
    "Recording",
    "RecordingState",
    "RecoveryCode",
    "Role",
    "Scope",
    "Season",
    "SegmentRow",
    "Show",
    "ShowOrder",
    "SignInAttempt",
    "SpentChallenge",
    "SpoolFile",
    "Step",
    "TranscriptRow",
    "UnansweredSearch",
    "Upload",
    "Window",
    "WorkerRow",
]
