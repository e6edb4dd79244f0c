"""`{% load constant %}`: parts of a template that are the same on every page."""

from django import template
from django.template.base import FilterExpression, NodeList, Parser, Token
from django.utils.translation import get_language

register = template.Library()

# A part that varies by more than so many values is no constant; it is rendered, and not kept.
MOST_KEPT = 500


class ConstantNode(template.Node):
    def __init__(self, nodelist: NodeList, varies_by: list[FilterExpression]) -> None:
        self.nodelist = nodelist
        self.varies_by = varies_by
        self.kept: dict[tuple, str] = {}

    def render(self, context: template.Context) -> str:
        key = (get_language(), *(value.resolve(context) for value in self.varies_by))
        html = self.kept.get(key)
        if html is None:
            html = self.nodelist.render(context)
            if len(self.kept) < MOST_KEPT:
                self.kept[key] = html
        return html


@register.tag
def constant(parser: Parser, token: Token) -> ConstantNode:
    """Render what stands between once a process and language, and keep it.

        {% constant %}<a href="{% url "cases:about" %}">{% translate "About" %}</a>{% endconstant %}

    Nothing in it may come from the database or from the request. What it does depend on is named,
    as in `{% constant here %}`; few different values, please. Half of the time a page took went
    into looking up the same addresses and words again.
    """
    varies_by = [parser.compile_filter(word) for word in token.split_contents()[1:]]
    nodelist = parser.parse(["endconstant"])
    parser.delete_first_token()
    return ConstantNode(nodelist, varies_by)
