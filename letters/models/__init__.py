from letters.models.actions import ActionKind
from letters.models.alarms import Alarm, Pace
from letters.models.announcements import Announcement
from letters.models.claims import Claim, DeskThing
from letters.models.data_requests import DataRequest
from letters.models.decisions import UNDO_OWN_WITHIN, Decision, DeskAct
from letters.models.deliveries import UNDO_WITHIN, Delivery, DeliveryResult
from letters.models.email_addresses import EmailAddress
from letters.models.follows import Follow, FollowState
from letters.models.hand_ins import (
    OUT_OF_HAND_IN,
    HandIn,
    HandInItem,
    HandInPart,
    HandInState,
    LeftBecause,
    Paper,
)
from letters.models.letters import (
    COUNTED,
    EDITABLE,
    READ_STATES,
    STARTS_WAITING,
    WITH_US,
    EmbassyPart,
    Format,
    Letter,
    LetterKind,
    LetterPicture,
    LetterState,
    NameForm,
    Route,
    letter_source,
)
from letters.models.mail import MailKind, OutgoingMail, Priority
from letters.models.mail_texts import MailText, MailTextKind
from letters.models.mailed_links import LinkPurpose, MailedLink
from letters.models.paper_counts import PaperCount, PaperState
from letters.models.pledges import Pledge, PledgeState, ReminderStep
from letters.models.posts import Network, Post, PostState
from letters.models.published_figures import FigureTable, Publication, PublishedFigure
from letters.models.reading_languages import ReadingLanguages
from letters.models.redactions import RedactedField, Redaction, RedactionReason
from letters.models.rejections import UNTOLD, RejectionCode
from letters.models.replies import Reply, ReplyFrom, ReplyState
from letters.models.retention_decisions import RetentionDecision
from letters.models.signatures import Signature, SignatureState
from letters.models.similar_texts import TextGroup, TextGroupBand, TextGroupMember
from letters.models.tallies import Tally, TallyKey, TallySource
from letters.models.throttles import Throttle
from letters.models.undeliverable import BounceKind, Undeliverable
from letters.models.worker_pulses import WorkerPulse
from letters.models.year_letters import YearLetter
