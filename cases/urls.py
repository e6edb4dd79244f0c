from django.urls import path, register_converter

from cases import feeds, views
from cases.converters import YearConverter

register_converter(YearConverter, "year")

app_name = "cases"
urlpatterns = [
    path("", views.home, name="home"),
    path("cases/", views.case_list, name="list"),
    path("cases/<slug:slug>/", views.case, name="case"),
    path("cases/<slug:slug>/sheet.pdf", views.sheet, name="sheet"),
    path("cases/<slug:slug>/card.jpg", views.card, name="card"),
    path("cases/<slug:slug>/feed.atom", feeds.case, name="feed"),
    path("check/<slug:code>/", views.check, name="check"),
    path("good-news/", views.good_news, name="good-news"),
    path("good-news/feed.atom", feeds.good_news, name="good-news-feed"),
    path("editions/", views.editions, name="editions"),
    path("editions/<year:year>/", views.edition, name="edition"),
]
# Pages that are only text: a template each.
for name in ["how-it-works", "writing-safely", "about"]:
    template = f"cases/pages/{name.replace('-', '_')}.html"
    urlpatterns.append(path(f"{name}/", views.page, {"template": template}, name=name))
