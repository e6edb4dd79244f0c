from django.urls import path, register_converter

from letters import views
from letters.converters import KeyConverter

register_converter(KeyConverter, "key")

app_name = "letters"
urlpatterns = [
    path("pledge/", views.pledge, name="pledge-edition"),
    path("cases/<slug:slug>/pledge/", views.pledge, name="pledge"),
    path("cases/<slug:slug>/write/", views.write, name="write"),
    path("letters/<key:key>/", views.letter, name="letter"),
    path("letters/<key:key>/edit/", views.edit, name="edit"),
    path("letters/<key:key>/letter.pdf", views.letter_pdf, name="pdf"),
    path("letters/<key:key>/letter.txt", views.letter_text, name="text"),
    path("letters/<key:key>/erase/", views.erase_letter, name="erase"),
    path("pledges/<key:key>/", views.pledge_page, name="pledge-page"),
    path("pledges/<key:key>/erase/", views.erase_pledge, name="pledge-erase"),
    path("erased/", views.erased, name="erased"),
    path("privacy/", views.privacy, name="privacy"),
]
