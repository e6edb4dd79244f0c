from cases.models.action_counts import ActionCount
from cases.models.cases import (
    OPEN_TO_READERS,
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
from cases.models.model_letters import ModelLetter, Point
from cases.models.outcomes import GOOD_NEWS, Milestone, Outcome, OutcomeKind, OutcomeQuerySet
from cases.models.petitions import Petition, PetitionText
from cases.models.portraits import Portrait
from cases.models.safety_rules import Answer, AppliesTo, SafetyRule, Topic
from cases.models.social_posts import SocialPost
from cases.models.solidarity import (
    AddressVisibility,
    RecipientKind,
    SolidarityAction,
    SolidarityPhrase,
)
from cases.models.stories import Demand, Quote, Source
from cases.models.targets import Target
from cases.models.themes import Theme
from cases.models.word_lists import WordList, WordListKind

__all__ = [
    "GOOD_NEWS",
    "OPEN_TO_READERS",
    "ActionCount",
    "AddressVisibility",
    "Answer",
    "AppliesTo",
    "Case",
    "CaseKind",
    "CaseQuerySet",
    "Consent",
    "ConsentBasis",
    "Demand",
    "Edition",
    "Freeze",
    "Milestone",
    "ModelLetter",
    "Outcome",
    "OutcomeKind",
    "OutcomeQuerySet",
    "Petition",
    "PetitionText",
    "Point",
    "Portrait",
    "Pronouns",
    "Quote",
    "RecipientKind",
    "Region",
    "SafetyRule",
    "SocialPost",
    "SolidarityAction",
    "SolidarityPhrase",
    "Source",
    "Stage",
    "Target",
    "Theme",
    "Topic",
    "WordList",
    "WordListKind",
    "YearlyFigure",
]
