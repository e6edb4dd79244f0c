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
from cases.models.portraits import Portrait
from cases.models.safety_rules import Answer, AppliesTo, SafetyRule, Topic
from cases.models.solidarity import AddressVisibility, SolidarityAction
from cases.models.stories import Demand, Quote, Source
from cases.models.targets import Target
from cases.models.themes import Theme

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
    "Point",
    "Portrait",
    "Pronouns",
    "Quote",
    "Region",
    "SafetyRule",
    "SolidarityAction",
    "Source",
    "Stage",
    "Target",
    "Theme",
    "Topic",
    "YearlyFigure",
]
