from django.template import Context, Template
from django.utils.translation import override


class Told:
    """Counts how often a template asks it."""

    def __init__(self) -> None:
        self.times = 0

    def once_more(self) -> str:
        self.times += 1
        return f"asked {self.times}"


def test_constant_is_rendered_once():
    template = Template("{% load constant %}{% constant %}{{ told.once_more }}{% endconstant %}")
    context = Context({"told": Told()})

    pages = [template.render(context) for _page in range(3)]

    assert pages == ["asked 1", "asked 1", "asked 1"]


def test_constant_is_rendered_for_each_language():
    template = Template(
        "{% load constant i18n %}{% constant %}{{ told.once_more }}{% endconstant %}"
    )
    context = Context({"told": Told()})

    with override("en"):
        english = template.render(context)
    with override("fr"):
        french = template.render(context)

    assert (english, french) == ("asked 1", "asked 2")


def test_constant_is_rendered_for_each_value_it_varies_by():
    template = Template("{% load constant %}{% constant here %}you are {{ here }}{% endconstant %}")

    pages = [template.render(Context({"here": here})) for here in ("home", "about", "home")]

    assert pages == ["you are home", "you are about", "you are home"]
