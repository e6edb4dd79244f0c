"""What became of a hand-in: on its way, handed in or refused; what came back; taking it back."""

from __future__ import annotations

import datetime
from base64 import b64decode
from functools import partial

from django.contrib import messages
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cases.admin.pages import ExtraPagesMixin, extra_page
from cases.permissions import staff
from cases.publishing.acts import Refused
from letters.admin.filters import OptionsFilter
from letters.delivery import deliveries
from letters.forms.deliveries import CorrectionForm, DeliveryForm, ReturnedForm
from letters.models import Delivery, DeliveryResult, HandIn, HandInState

DELIVER = "letters.deliver_handin"
PRESSED_TWICE_WITHIN = datetime.timedelta(minutes=1)


class ResultFilter(OptionsFilter):
    """What became of them."""

    title = gettext_lazy("result")
    parameter_name = "result"
    options = {
        result.value: (result.label, partial(HandIn.objects.filter, delivery__result=result))
        for result in DeliveryResult
    }


class DeliveriesMixin(ExtraPagesMixin):
    """Pages and buttons of a hand-in once it is printed."""

    def delivery_of(self, request: HttpRequest, hand_in: HandIn) -> dict[str, object]:
        """What the page of a hand-in says of it, and which buttons there are."""
        delivery = Delivery.objects.filter(hand_in=hand_in).defer("proof").first()
        is_handed_in = hand_in.state == HandInState.HANDED_IN
        buttons: dict[str, object] = {}
        if request.user.has_perm(DELIVER):
            buttons = self._to_take_back(hand_in, delivery)
            if not deliveries.is_stopped(hand_in.case):
                buttons |= self._to_do(hand_in, delivery)
        return buttons | {
            "delivery": delivery,
            "has_proof": Delivery.objects.filter(hand_in=hand_in).exclude(proof="").exists(),
            "returned": hand_in.items.exclude(returned_on=None).count() if is_handed_in else 0,
            "has_buttons": any(buttons.values()),
        }

    def _to_take_back(self, hand_in: HandIn, delivery: Delivery | None) -> dict[str, object]:
        """What may be a mistake, also of a case that is frozen since."""
        return {
            "may_undo": delivery is not None
            and delivery.may_be_undone
            and not deliveries.is_handed_in_again(hand_in),
            "may_undo_on_way": hand_in.state == HandInState.ON_WAY,
            "last_returned": deliveries.last_returned(hand_in).count(),
        }

    def _to_do(self, hand_in: HandIn, delivery: Delivery | None) -> dict[str, object]:
        is_handed_in = hand_in.state == HandInState.HANDED_IN
        is_refused = delivery is not None and delivery.result == DeliveryResult.REFUSED
        return {
            "may_send": hand_in.state == HandInState.PRINTED,
            "may_record": hand_in.state in (HandInState.PRINTED, HandInState.ON_WAY),
            "may_correct": is_handed_in,
            "may_return": is_handed_in and not is_refused,
            "may_hand_in_again": is_handed_in and deliveries.to_hand_in_again(hand_in).exists(),
            "may_stop_offering": is_handed_in and hand_in.case.takes_deliveries,
        }

    @extra_page("<int:pk>/on-way/", methods=("POST",))
    def on_way_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        hand_in = _hand_in(request, pk)
        try:
            done = deliveries.mark_on_way(hand_in, staff(request))
        except Refused as refusal:
            return self._refused(request, hand_in, refusal)
        return self._said(request, hand_in, done, "On its way.", _("%(hand_in)s is on its way."))

    @extra_page("<int:pk>/record/")
    def record_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Where, when, to whom, and how it went."""
        hand_in = _hand_in(request, pk)
        printed = deliveries.printed_number(hand_in)
        is_sent = request.method == "POST"
        form = DeliveryForm(
            request.POST if is_sent else None,
            request.FILES if is_sent else None,
            printed=printed,
            ready_on=hand_in.ready_on,
        )
        if not form.is_valid():
            title = _("What happened to %(hand_in)s") % {"hand_in": hand_in}
            return self._page(request, "record", title, form=form, hand_in=hand_in)
        try:
            done = deliveries.record(hand_in, staff(request), **form.cleaned_data)
        except Refused as refusal:
            return self._refused(request, hand_in, refusal)
        result = form.cleaned_data["result"]
        return self._said(
            request,
            hand_in,
            done,
            f"Handed in: {result}.",
            _("What happened to %(hand_in)s is noted."),
        )

    @extra_page("<int:pk>/correct/")
    def correct_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The same form again: what was noted is wrong, and readers are told what is right."""
        hand_in = _hand_in(request, pk)
        delivery = get_object_or_404(Delivery.objects.handed_in(), hand_in=hand_in)
        delivery.hand_in = hand_in
        is_sent = request.method == "POST"
        form = CorrectionForm(
            request.POST if is_sent else None,
            request.FILES if is_sent else None,
            delivery=delivery,
        )
        if not form.is_valid():
            title = _("Correct what happened to %(hand_in)s") % {"hand_in": hand_in}
            return self._page(
                request, "record", title, form=form, hand_in=hand_in, is_correction=True
            )
        corrected = form.corrected
        try:
            done = bool(corrected) and deliveries.correct(
                hand_in, staff(request), **form.cleaned_data
            )
        except Refused as refusal:
            return self._refused(request, hand_in, refusal)
        noted = f"Corrected: {', '.join(corrected)}."
        return self._said(request, hand_in, done, noted, _("%(hand_in)s is corrected."))

    @extra_page("<int:pk>/returned/")
    def returned_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Which of it came back, by number or all."""
        hand_in = _hand_in(request, pk)
        delivery = Delivery.objects.filter(hand_in=hand_in).only("handed_in_on").first()
        form = ReturnedForm(
            request.POST if request.method == "POST" else None,
            handed_in_on=delivery.handed_in_on if delivery else None,
        )
        if not form.is_valid():
            title = _("What came back of %(hand_in)s") % {"hand_in": hand_in}
            return self._page(request, "returned", title, form=form, hand_in=hand_in)
        try:
            back = deliveries.mark_returned(hand_in, form.chosen, on=form.cleaned_data["on"])
        except Refused as refusal:
            return self._refused(request, hand_in, refusal)
        message = ngettext("%(number)s came back.", "%(number)s came back.", len(back))
        return self._said(
            request,
            hand_in,
            bool(back),
            f"Came back: {len(back)}.",
            message % {"number": len(back)},
        )

    @extra_page("<int:pk>/undo-returned/", methods=("POST",))
    def undo_returned_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        hand_in = _hand_in(request, pk)
        number = deliveries.undo_returned(hand_in)
        message = ngettext(
            "%(number)s did not come back.", "%(number)s did not come back.", number
        ) % {"number": number}
        return self._said(
            request, hand_in, bool(number), f"Taken back: {number} did not come back.", message
        )

    @extra_page("<int:pk>/hand-in-again/", methods=("POST",))
    def hand_in_again_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What we have back of it goes into another one."""
        hand_in = _hand_in(request, pk)
        try:
            number = deliveries.hand_in_again(hand_in)
        except Refused as refusal:
            return self._refused(request, hand_in, refusal)
        message = ngettext(
            "%(number)s waits for another hand-in.",
            "%(number)s wait for another hand-in.",
            number,
        )
        return self._said(
            request,
            hand_in,
            bool(number),
            f"To be handed in again: {number}.",
            message % {"number": number},
        )

    @extra_page("<int:pk>/undo-on-way/", methods=("POST",))
    def undo_on_way_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        hand_in = _hand_in(request, pk)
        done = deliveries.undo_on_way(hand_in)
        message = _("%(hand_in)s is not on its way.")
        return self._said(request, hand_in, done, "Taken back: not on its way.", message)

    @extra_page("<int:pk>/undo/", methods=("POST",))
    def undo_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        hand_in = _hand_in(request, pk)
        done = deliveries.undo(hand_in)
        message = _("%(hand_in)s is not handed in: it is as it was before.")
        return self._said(request, hand_in, done, "Taken back: not handed in.", message)

    @extra_page("<int:pk>/stop-offering/")
    def stop_offering_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Asked first: who may do it can't take it back."""
        hand_in = _hand_in(request, pk)
        if request.method != "POST":
            title = _("They no longer take letters")
            return self._page(
                request,
                "stop_offering",
                title,
                hand_in=hand_in,
                may_edit=request.user.has_perm("cases.change_case"),
            )
        done = deliveries.stop_offering(hand_in.case, staff(request))
        message = _("Writers are no longer offered to hand us letters for this case.")
        return self._said(request, hand_in, done, "No more letters are taken.", message)

    @extra_page("<int:pk>/proof/", methods=("GET", "HEAD"))
    def proof_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The photo or the receipt, on the page of its hand-in."""
        if not request.user.has_perm("letters.view_handin"):
            raise PermissionDenied
        delivery = get_object_or_404(Delivery, hand_in=pk)
        if not delivery.proof:
            raise Http404
        return HttpResponse(b64decode(delivery.proof), content_type="image/jpeg")

    def _refused(self, request: HttpRequest, hand_in: HandIn, refusal: Refused) -> HttpResponse:
        messages.error(request, str(refusal))
        return redirect("admin:letters_handin_change", hand_in.pk)

    def _said(
        self, request: HttpRequest, hand_in: HandIn, done: bool, noted: str, message: str
    ) -> HttpResponse:
        """Log what was done, say it, and go back to the hand-in."""
        if done:
            self.log_change(request, hand_in, noted)
            messages.success(request, message % {"hand_in": capfirst(str(hand_in))})
        elif _has_just_done(request, hand_in, noted):
            messages.info(request, _("You have just done that: it was pressed twice."))
        else:
            messages.warning(request, _("Nothing was changed: somebody else may have been faster."))
        return redirect("admin:letters_handin_change", hand_in.pk)


def _has_just_done(request: HttpRequest, hand_in: HandIn, noted: str) -> bool:
    """Whether the last that was done with it is the same, by the same person, a moment ago."""
    done = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(HandIn), object_id=str(hand_in.pk)
    )
    last = done.order_by("-pk").first()
    if last is None or last.user_id != staff(request).pk:
        return False
    is_now = timezone.now() - last.action_time < PRESSED_TWICE_WITHIN
    return is_now and last.change_message == noted


def _hand_in(request: HttpRequest, pk: int) -> HandIn:
    if not request.user.has_perm(DELIVER):
        raise PermissionDenied
    return get_object_or_404(HandIn.objects.select_related("case"), pk=pk)
