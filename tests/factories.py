"""Rows for tests, plainly invented. A test names the fields it is about; the rest is filled in."""

import datetime
import functools
import io
import itertools

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone
from PIL import Image
from simple_history.utils import bulk_create_with_history

from cases import pictures
from cases.models import (
    AddressVisibility,
    Case,
    Consent,
    ConsentBasis,
    Demand,
    Edition,
    Embassy,
    EmbassyUse,
    Milestone,
    ModelLetter,
    Outcome,
    Petition,
    Point,
    Portrait,
    Quote,
    SafetyRule,
    SolidarityAction,
    SolidarityPhrase,
    Source,
    Stage,
    Target,
    Theme,
    Topic,
)
from letters.actions import signatures
from letters.models import (
    COUNTED,
    READ_STATES,
    STARTS_WAITING,
    Delivery,
    EmailAddress,
    Follow,
    FollowState,
    Format,
    HandIn,
    HandInItem,
    HandInPart,
    HandInState,
    Letter,
    LetterKind,
    LetterState,
    PaperCount,
    Pledge,
    Post,
    Reply,
    ReplyState,
    Route,
    Signature,
    SignatureState,
)
from letters.models.email_spelling import email_hash
from letters.statistics import ledger
from tests.staff import make_staff

numbers = itertools.count(1)


def make_edition(year: int = 2025, **fields) -> Edition:
    fields = {
        "title": f"Write for Rights {year}",
        "introduction": "Letters for people whose rights are violated.",
        "opens_on": datetime.date(year, 11, 1),
    } | fields
    return Edition.objects.get_or_create(year=year, defaults=fields)[0]


def make_theme(slug: str = "land-rights", name: str = "Land rights") -> Theme:
    return Theme.objects.get_or_create(slug=slug, defaults={"name": name})[0]


def make_case(**fields) -> Case:
    """A published case with no target, that takes letters."""
    number = next(numbers)
    themes = fields.pop("themes", [])
    fields = {
        "slug": f"test-person-{number}",
        "display_name": f"Test Person {number}",
        "country": "NO",
        "region": "europe-central-asia",
        "headline": "A herder whose pastures are to be built over",
        "summary": "A plainly invented herder of a test, whose pastures are to be built over.",
        "story": "## The pastures\n\nA plainly *invented* story of a test.",
        "stage": Stage.PUBLISHED,
        "takes_deliveries": True,
        "facts_as_of": "2025-12",
    } | fields
    if "edition" not in fields:
        fields["edition"] = make_edition()
    case = Case.objects.create(**fields)
    case.themes.set(themes)
    return case


def make_target(case: Case | None = None, **fields) -> Target:
    """One more to write to, after those the case has."""
    case = case or make_case()
    if number := case.targets.count():
        fields = {"key": f"target-{number}", "position": number, "asked": "Stop it."} | fields
    fields = {
        "name": "Test Official",
        "office": "Minister of Tests",
        "salutation": "Dear Minister,",
        "close": "Yours faithfully,",
        "postal": "Ministry of Tests\n1 Invented Street\n0001 Testville",
        "postal_country": "NO",
    } | fields
    return Target.objects.create(case=case, **fields)


def make_embassy(of_country: str = "NO", in_country: str = "GB", **fields) -> Embassy:
    """One that writers are offered."""
    fields = {
        "city": "Testville",
        "postal": "Embassy of Tests\n2 Invented Street\nTestville",
        "use": EmbassyUse.YES,
        "as_of": "2024-10",
    } | fields
    return Embassy.objects.create(of_country=of_country, in_country=in_country, **fields)


def make_case_to_write_for(**fields) -> Case:
    """A published case with all that a letter needs: target, demand, model letter with points."""
    case = make_case(**fields)
    make_target(case)
    Demand.objects.create(case=case, text="Stop building on the pastures.")
    make_model_letter(case)
    return case


def make_model_letter(
    case: Case, language: str = "en", target: Target | None = None, **fields
) -> ModelLetter:
    """To the first target of the case, if no other is named."""
    target = target or case.targets.first() or make_target(case)
    fields = {
        "subject": "The pastures",
        "body": "I write to you about the pastures.\n\nPlease do not build on them.",
    } | fields
    model = ModelLetter.objects.create(target=target, language=language, **fields)
    for position, text in enumerate(["The herds need the land.", "Nobody asked the herders."]):
        Point.objects.create(model_letter=model, text=text, position=position)
    return model


@functools.cache
def png() -> bytes:
    encoded = io.BytesIO()
    Image.new("RGB", (800, 600), "teal").save(encoded, "PNG")
    return encoded.getvalue()


@functools.cache
def cleaned_png() -> tuple[str, bytes]:
    cleaned = pictures.clean(ContentFile(png(), name="shore.png"))
    return cleaned.name, cleaned.read()


def make_portrait(case: Case, **fields) -> Portrait:
    """A plain picture with all its renditions, written to MEDIA_ROOT: point that at a folder
    that goes away."""
    fields = {
        "alt": "A shore in a test.",
        "credit": "Illustration: a test",
        "licence": "CC0",
    } | fields
    name, picture = cleaned_png()
    portrait = Portrait(case=case, image=ContentFile(picture, name=name), **fields)
    folder = f"portraits/{case.pk}/"
    for name, rendition in of_the_png.items():
        if not default_storage.exists(folder + name):
            default_storage.save(folder + name, ContentFile(rendition))
    portrait.renditions = {"before": {name: folder + name for name in of_the_png}}
    pictures.render(portrait)
    portrait.save()
    for names in portrait.renditions.values():
        for name in names.values():
            of_the_png[name.removeprefix(folder)] = default_storage.open(name).read()
    return portrait


# What `pictures.render` made of it for the first case of a run: a sixth of a second of work.
of_the_png: dict[str, bytes] = {}


def make_full_case(**fields) -> Case:
    """A published case with a row in every list of its page, but for a picture."""
    case = make_case_to_write_for(
        **{
            "themes": [make_theme()],
            "content_note": "It tells of a lost court case.",
            "letter_goal": 100,
        }
        | fields
    )
    SolidarityAction.objects.create(
        case=case,
        recipient="Test Person",
        postal="2 Invented Street\n0002 Testville",
        postal_country="NO",
        address_visibility=AddressVisibility.PUBLIC,
        languages="Any language",
        formats="Cards",
    )
    for phrase in ["You are not forgotten.", "We think of you."]:
        SolidarityPhrase.objects.create(case=case, text=phrase)
    Quote.objects.create(
        case=case, text="We belong to this land.", speaker="Test Person", may_be_shown=True
    )
    Source.objects.create(
        case=case, url="https://example.org/a-report", supports="The building permit."
    )
    Milestone.objects.create(
        case=case,
        date="2024-05-01",
        date_precision="month",
        text="The permit was given.",
        source_url="https://example.org/permit",
    )
    make_outcome(case, kind="no-change-yet", headline="The court has not ruled yet")
    answer_all_rules(case)
    return case


def make_outcome(case: Case | None = None, **fields) -> Outcome:
    fields = {"kind": "released", "headline": "Free after two years", "date": "2025-02-28"} | fields
    return Outcome.objects.create(case=case or make_case(), **fields)


def make_consent(case: Case, **fields) -> Consent:
    fields = {
        "basis": ConsentBasis.GIVEN,
        "given_by": "the person",
        "risk_note": "Being known protects more than it harms.",
    } | fields
    return Consent.objects.create(case=case, **fields)


def answer_all_rules(case: Case, answer: str = "no") -> None:
    rules = [
        SafetyRule(
            case=case, topic=topic, applies_to=applies_to, answer=answer, why="A test says so."
        )
        for topic in Topic
        for applies_to in ("appeal", "solidarity")
    ]
    bulk_create_with_history(rules, SafetyRule)


def make_pledge(case: Case | None = None, **fields) -> Pledge:
    number = next(numbers)
    case = case or make_case()
    fields = {
        "key": f"pledgekey{number:013d}",
        "edition": case.edition,
        "case": case,
        "number": 3,
        "due_on": timezone.localdate() + datetime.timedelta(days=10),
        "created_at": timezone.now(),
    } | fields
    return Pledge.objects.create(**fields)


def make_letter(case: Case | None = None, **fields) -> Letter:
    """A letter in any state; one that counts is in the tally too."""
    number = next(numbers)
    now = timezone.now()
    fields = {
        "key": f"letterkey{number:013d}",
        "state": LetterState.DRAFTING,
        "subject": "The pastures",
        "body": "I write to you about the pastures. Please do not build on them.",
        "name": "Sam Tester",
        "created_at": now,
        "changed_at": now,
    } | fields
    fields.setdefault("supporter_changed_at", fields["changed_at"])
    if fields["state"] in COUNTED and not fields.get("needs_review"):
        fields.setdefault("counted_on", timezone.localdate())
    if fields["state"] in (LetterState.SUBMITTED, LetterState.CHANGE_ASKED, *READ_STATES):
        fields.setdefault("route", Route.DELIVER)
    if fields["state"] in STARTS_WAITING:
        fields.setdefault("waiting_since", fields["changed_at"])
    if fields["state"] == LetterState.CHANGE_ASKED:
        fields.setdefault("change_wanted", "Please leave the first sentence out.")
    case = case or make_case()
    if fields.get("kind") != LetterKind.SOLIDARITY and fields.get("route") != Route.BY_HAND:
        fields.setdefault("target", case.targets.first())
    letter = Letter.objects.create(case=case, **fields)
    if letter.counts:
        ledger.count(letter.tally_key)
    return letter


def make_reply(case: Case | None = None, **fields) -> Reply:
    """An answer that staff entered: to all letters of the case, if none is named."""
    if "entered_by" not in fields:
        fields["entered_by"] = make_staff("delivery")
    state = ReplyState.READ if fields["entered_by"] else ReplyState.UNREAD
    is_to_all = not fields.get("letter") and not fields.get("hand_in")
    known = {"received_on": timezone.localdate(), "state": state, "is_to_all": is_to_all}
    fields = known | fields
    return Reply.objects.create(case=case or make_case(), **fields)


def make_solidarity_action(case: Case | None = None, **fields) -> SolidarityAction:
    """Messages of support can be written for the case, and posted to a public address."""
    fields = {
        "recipient": "Test Person",
        "postal": "Test Person\nc/o Test House\n2 Invented Street\n0002 Testville",
        "postal_country": "NO",
        "address_visibility": AddressVisibility.PUBLIC,
    } | fields
    return SolidarityAction.objects.create(case=case or make_case_to_write_for(), **fields)


def make_message(case: Case | None = None, **fields) -> Letter:
    """A message of support in any state; one that counts is in the tally too."""
    fields = {
        "kind": LetterKind.SOLIDARITY,
        "form": Format.CARD,
        "subject": "",
        "body": "You are not forgotten. We think of you and of the herds.",
    } | fields
    return make_letter(case or make_solidarity_action().case, **fields)


def make_petition(case: Case | None = None, **fields) -> Petition:
    """A petition that can be signed, whose number shows from the first signature on."""
    fields = {
        "title": "Let the herds graze",
        "text": "We ask you to stop building on the pastures.\n\nThe herds need them.",
        "shown_from": 1,
    } | fields
    return Petition.objects.create(case=case or make_case_to_write_for(), **fields)


def make_email_address(email: str = "", **fields) -> EmailAddress:
    number = next(numbers)
    email = email or f"tester-{number}@example.org"
    fields = {
        "key": f"addresskey{number:012d}",
        "email": email,
        "email_hash": fields.get("email_hash") or email_hash(email),
        "created_at": timezone.now(),
    } | fields
    return EmailAddress.objects.create(**fields)


def make_signature(petition: Petition | None = None, **fields) -> Signature:
    """A confirmed signature; one that counts is in the tally too."""
    petition = petition or make_petition()
    fields = {
        "text": signatures.keep_text(petition),
        "state": SignatureState.CONFIRMED,
        "name": "Sam Tester",
        "country": "NO",
    } | fields
    if "changed_at" in fields:
        fields.setdefault("supporter_changed_at", fields["changed_at"])
    if "email_address" not in fields:
        fields["email_address"] = make_email_address()
    if fields["state"] == SignatureState.CONFIRMED and not fields.get("needs_review"):
        fields.setdefault("counted_on", timezone.localdate())
    signature = Signature.objects.create(petition=petition, **fields)
    if signature.counts:
        ledger.count(signature.tally_key)
    return signature


def make_follow(case: Case | None = None, **fields) -> Follow:
    """A confirmed wish for news; without a case of all good news."""
    fields = {"state": FollowState.CONFIRMED} | fields
    if "email_address" not in fields:
        fields["email_address"] = make_email_address()
    return Follow.objects.create(case=case, **fields)


def make_post(case: Case | None = None, **fields) -> Post:
    """Somebody says that they posted; in the tally, unless it is held or taken back."""
    number = next(numbers)
    fields = {
        "key": f"postkey{number:015d}",
        "network": "bluesky",
        "country": "NO",
        "created_at": timezone.now(),
    } | fields
    if fields.get("state", "posted") == "posted" and not fields.get("needs_review"):
        fields.setdefault("counted_on", timezone.localdate())
    action = Post.objects.create(case=case or make_case(), **fields)
    if action.counts:
        ledger.count(action.tally_key)
    return action


def make_paper_count(case: Case | None = None, **fields) -> PaperCount:
    """Letters on paper that staff entered; in the tally, unless they are held."""
    fields = {
        "kind": "appeal",
        "number": 12,
        "country": "NO",
        "day": timezone.localdate(),
        "source": "Test School",
        "evidence": "A scan in folder 3",
    } | fields
    paper = PaperCount.objects.create(case=case or make_case(), **fields)
    if paper.tally_key:
        ledger.count(paper.tally_key, paper.number)
    return paper


def make_hand_in(
    *things: Letter | Signature, state: str = HandInState.READY, parts: int = 1, **fields
) -> HandIn:
    """A hand-in of these letters, messages or signatures, on so many parts of paper."""
    first = things[0]
    is_signed = isinstance(first, Signature)
    form = first.form if not is_signed and first.is_message else ""
    fields = {
        "case": first.petition.case if is_signed else first.case,
        "kind": "signature" if is_signed else first.kind,
        "form": form,
        "made_by": fields.pop("made_by", None) or make_staff(),
    } | fields
    is_printed = state not in (HandInState.MAKING, HandInState.READY, HandInState.CANCELLED)
    if is_printed:
        fields = {"printed_at": timezone.now(), "printed_by": fields["made_by"]} | fields
    hand_in = HandIn.objects.create(state=state, **fields)
    for number, thing in enumerate(things, 1):
        named = {"signature" if is_signed else "letter": thing}
        HandInItem.objects.create(hand_in=hand_in, number=number, **named)
    if not is_signed:
        thing_state = LetterState.PRINTED if is_printed else LetterState.IN_HAND_IN
        keys = [thing.pk for thing in things]
        Letter.objects.filter(pk__in=keys).update(state=thing_state)
        for thing in things:
            thing.refresh_from_db()
    size = -(-len(things) // parts)
    for index in range(parts):
        HandInPart.objects.create(
            hand_in=hand_in,
            index=index + 1,
            first=index * size + 1,
            last=min((index + 1) * size, len(things)),
            made_at=timezone.now(),
        )
    return hand_in


def make_delivery(hand_in: HandIn | None = None, **fields) -> Delivery:
    """That a hand-in was handed in; its letters are moved by nobody."""
    hand_in = hand_in or make_hand_in(make_letter(state="approved"), state="handed-in")
    fields = {
        "handed_in_on": timezone.localdate(),
        "marked_at": timezone.now(),
        "result": "accepted",
        "number": hand_in.items.count(),
    } | fields
    return Delivery.objects.create(hand_in=hand_in, **fields)
