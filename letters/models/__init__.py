from letters.models.actions import ActionKind
from letters.models.follows import Follow, FollowState
from letters.models.letters import (
    COUNTED,
    EDITABLE,
    Format,
    Letter,
    LetterKind,
    LetterPicture,
    LetterState,
    NameForm,
    Route,
)
from letters.models.mail import MailKind, OutgoingMail
from letters.models.mailboxes import Mailbox
from letters.models.paper_counts import PaperCount, PaperState
from letters.models.pledges import Pledge, PledgeState
from letters.models.signatures import Signature, SignatureState
from letters.models.social_actions import Network, SocialAction, SocialActionState
from letters.models.tallies import Place, Tally, TallySource
from letters.models.tellings import Telling
from letters.models.throttles import Throttle

__all__ = [
    "COUNTED",
    "EDITABLE",
    "ActionKind",
    "Follow",
    "FollowState",
    "Format",
    "Letter",
    "LetterKind",
    "LetterPicture",
    "LetterState",
    "MailKind",
    "Mailbox",
    "NameForm",
    "Network",
    "OutgoingMail",
    "PaperCount",
    "PaperState",
    "Place",
    "Pledge",
    "PledgeState",
    "Route",
    "Signature",
    "SignatureState",
    "SocialAction",
    "SocialActionState",
    "Tally",
    "TallySource",
    "Telling",
    "Throttle",
]
