from django.urls import path, register_converter

from letters.converters import KeyConverter
from letters.views import (
    chain,
    checking,
    following,
    impact,
    letters,
    mailboxes,
    pledges,
    privacy,
    signing,
    solidarity,
)

register_converter(KeyConverter, "key")

app_name = "letters"
urlpatterns = [
    path("pledge/", pledges.pledge, name="pledge-edition"),
    path("cases/<slug:slug>/pledge/", pledges.pledge, name="pledge"),
    path("pledges/<key:key>/", pledges.pledge_page, name="pledge-page"),
    path("pledges/<key:key>/erase/", pledges.erase_pledge, name="pledge-erase"),
    path("cases/<slug:slug>/write/", letters.write, name="write"),
    path("cases/<slug:slug>/check-text/", checking.check_text, name="check-text"),
    path("cases/<slug:slug>/solidarity/", solidarity.write, name="solidarity"),
    path("cases/<slug:slug>/messages/", solidarity.messages, name="messages"),
    path("letters/<key:key>/", letters.letter, name="letter"),
    path("letters/<key:key>/edit/", letters.edit, name="edit"),
    path("letters/<key:key>/letter.pdf", letters.letter_pdf, name="pdf"),
    path("letters/<key:key>/card.pdf", letters.card_pdf, name="card"),
    path("letters/<key:key>/picture.jpg", letters.picture, name="picture"),
    path("letters/<key:key>/letter.txt", letters.letter_text, name="text"),
    path("letters/<key:key>/erase/", letters.erase_letter, name="erase"),
    path("take-all/", chain.start, name="take-all"),
    path("take-all/done/", chain.done, name="take-all-done"),
    path("take-all/<slug:slug>/", chain.step, name="take-all-case"),
    path("take-all/<slug:slug>/letter/", chain.letter, name="take-all-letter"),
    path("cases/<slug:slug>/sign/", signing.sign, name="sign"),
    path("cases/<slug:slug>/follow/", following.follow, name="follow"),
    path("follow/", following.follow, name="follow-all"),
    path("mail-sent/", mailboxes.mail_sent, name="mail-sent"),
    path("mailboxes/<key:key>/", mailboxes.mailbox, name="mailbox"),
    path("mailboxes/<key:key>/not-me/", mailboxes.not_me, name="not-me"),
    path("mailboxes/<key:key>/stop/", mailboxes.stop, name="stop"),
    path("mailboxes/<key:key>/erase/", mailboxes.erase_mailbox, name="mailbox-erase"),
    path("erased/", letters.erased, name="erased"),
    path("impact/", impact.impact, name="impact"),
    path("impact/<slug:name>.csv", impact.impact_csv, name="impact-csv"),
    path("how-we-count/", impact.how_we_count, name="how-we-count"),
    path("privacy/", privacy.privacy, name="privacy"),
]
