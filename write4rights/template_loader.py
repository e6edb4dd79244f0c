"""Templates in which what never changes is worked out when they are read, not each time.

A page holds a hundred `{% translate "…" %}`, `{% blocktranslate %}`, `{% url "…" %}` and
`{% static "…" %}` in which nothing varies; they took a third of its time. Each template is kept
once a language, with these as text.
"""

from django.template import Context, Node, NodeList
from django.template.base import FilterExpression, TextNode
from django.template.defaulttags import IfNode, URLNode
from django.template.loaders import base, cached
from django.templatetags.i18n import BlockTranslateNode, LanguageNode, TranslateNode
from django.templatetags.static import StaticNode
from django.urls import NoReverseMatch
from django.utils.translation import get_language, gettext


class _SettlingLoader(base.Loader):
    def get_template(self, template_name, skip=None):
        template = super().get_template(template_name, skip)
        settle(template.nodelist)
        return template


class Loader(cached.Loader, _SettlingLoader):
    """Finds templates with the loaders it is given, and keeps them once a language."""

    def cache_key(self, template_name, skip=None) -> str:
        return f"{get_language()} {super().cache_key(template_name, skip)}"


def settle(nodes: NodeList) -> None:
    """Put text in the place of the tags that always say the same in the active language."""
    settled: list[Node] = []
    for node in nodes:
        text = node.s if isinstance(node, TextNode) else constant_text(node)
        if text is None:
            for inner in inner_lists(node):
                settle(inner)
            settled.append(node)
        elif settled and isinstance(settled[-1], TextNode):
            settled[-1] = TextNode(settled[-1].s + text)
        else:
            settled.append(TextNode(text))
    nodes[:] = settled


def inner_lists(node: Node) -> list[NodeList]:
    if isinstance(node, IfNode):
        return [nodelist for _condition, nodelist in node.conditions_nodelists]
    if isinstance(node, LanguageNode):  # has another language at work
        return []
    lists = (getattr(node, name, None) for name in node.child_nodelists)
    return [nodelist for nodelist in lists if isinstance(nodelist, NodeList)]


def constant_text(node: Node) -> str | None:
    """What the tag always says; None if that depends on anything."""
    match node:
        case BlockTranslateNode():
            return constant_block(node)
        case TranslateNode(asvar=None, message_context=None):
            said = node.filter_expression
        case URLNode(asvar=None) if not node.args and not node.kwargs:
            said = node.view_name
        case StaticNode(varname=None):
            said = node.path
        case _:
            return None
    if not is_literal(said):
        return None
    try:
        return node.render(Context())
    except (NoReverseMatch, ValueError):  # let it fail where it stands, if it is ever reached
        return None


def constant_block(node: BlockTranslateNode) -> str | None:
    if node.asvar or node.message_context or node.extra_context or node.plural:
        return None
    text, variables = node.render_token_list(node.singular)
    try:
        return None if variables else gettext(text) % {}
    except (KeyError, ValueError):  # the tag itself knows what to say for a wrong translation
        return None


def is_literal(expression: FilterExpression) -> bool:
    variable = expression.var
    is_text = isinstance(variable, str) or getattr(variable, "literal", None) is not None
    return is_text and not expression.filters
