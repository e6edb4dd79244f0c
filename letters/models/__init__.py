from letters.models.letters import (
    COUNTED,
    EDITABLE,
    Letter,
    LetterKind,
    LetterState,
    NameForm,
    Route,
)
from letters.models.mail import MailKind, OutgoingMail
from letters.models.pledges import Pledge, PledgeState
from letters.models.tallies import Tally, TallySource
from letters.models.throttles import Throttle

__all__ = [
    "COUNTED",
    "EDITABLE",
    "Letter",
    "LetterKind",
    "LetterState",
    "MailKind",
    "NameForm",
    "OutgoingMail",
    "Pledge",
    "PledgeState",
    "Route",
    "Tally",
    "TallySource",
    "Throttle",
]
