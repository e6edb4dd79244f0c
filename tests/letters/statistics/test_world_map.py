from collections import Counter

from cases.countries import country_names
from letters.statistics.regions import COUNTRIES, REGION_OF
from letters.statistics.world_map import countries

# Nobody is at home there, and it is in no region.
ANTARCTICA = {"AQ"}


def test_every_country_that_can_be_chosen_is_on_the_map():
    assert countries().keys() == country_names("en").keys() - ANTARCTICA


def test_large_countries_have_a_shape_and_small_ones_a_dot():
    elements = countries()

    assert [elements[code] for code in ["NO", "KH", "CI"]] == ["path", "path", "path"]
    assert [elements[code] for code in ["MT", "TV", "SG"]] == ["circle", "circle", "circle"]


def test_every_country_that_can_be_chosen_is_in_one_region():
    listed = Counter(code for codes in COUNTRIES.values() for code in codes.split())

    assert listed.keys() == country_names("en").keys() - ANTARCTICA
    assert set(listed.values()) == {1}
    assert REGION_OF.keys() == listed.keys()
