import pytest
from django.http import HttpResponse

from cases.caching import reader_page


@reader_page("country", "q")
def page(request):
    return HttpResponse("A page")


@pytest.mark.parametrize("query", ["", "country=NO", "q=&country=", "q=a%26b&country=NO"])
def test_page_with_names_it_knows_may_be_kept(rf, query):
    response = page(rf.get("/", QUERY_STRING=query))

    assert "public" in response["Cache-Control"]


@pytest.mark.parametrize(
    "query", ["page=2", "country=NO&utm=1", "&", "&&", "country=NO&", "=", "%71=a"]
)
def test_page_with_anything_else_in_its_query_is_kept_by_nobody(rf, query):
    response = page(rf.get("/", QUERY_STRING=query))

    assert response["Cache-Control"] == "no-store"
