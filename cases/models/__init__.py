from cases.models.action_counts import ActionCount
from cases.models.case_parts import Demand, Quote, Source
from cases.models.cases import (
    PAST_GATE,
    Case,
    CaseKind,
    CaseQuerySet,
    Freeze,
    Pronouns,
    Region,
    Stage,
)
from cases.models.consents import Consent, ConsentBasis
from cases.models.editions import Edition, YearlyFigure
from cases.models.embassies import Confidence, Embassy, EmbassyKind, EmbassyUse
from cases.models.erasure_list import ErasureAct, ErasureEntry
from cases.models.model_letters import ModelLetter, Point
from cases.models.outcomes import (
    GOOD_NEWS,
    Milestone,
    Outcome,
    OutcomeKind,
    OutcomeQuerySet,
    Tone,
)
from cases.models.pending_changes import PendingChange
from cases.models.petitions import Petition, PetitionText
from cases.models.portraits import Portrait
from cases.models.postage import LettersAccepted, Postage, PostalNote, Reliability
from cases.models.safety_rules import Answer, AppliesTo, SafetyAdvice, SafetyRule, Topic
from cases.models.social_posts import SocialPost
from cases.models.solidarity import (
    AddressVisibility,
    RecipientKind,
    SolidarityAction,
    SolidarityPhrase,
)
from cases.models.targets import MAIN, Target
from cases.models.themes import Theme
from cases.models.word_lists import WordList, WordListKind
