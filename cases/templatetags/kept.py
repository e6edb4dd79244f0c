"""`{% load kept %}`: parts of a page that are written anew only when what they show has changed."""

import threading

from django import template
from django.template.base import FilterExpression, NodeList, Parser, Token
from django.utils.translation import get_language

register = template.Library()

MOST_KEPT = 300  # texts a tag and process, of some 10 KB; the one kept longest goes first


class KeptNode(template.Node):
    def __init__(self, nodelist: NodeList, fingerprint: FilterExpression) -> None:
        self.nodelist = nodelist
        self.fingerprint = fingerprint
        self.kept: dict[tuple[str, str], str] = {}
        self.lock = threading.Lock()

    def render(self, context: template.Context) -> str:
        fingerprint = self.fingerprint.resolve(context)
        if not fingerprint:
            return self.nodelist.render(context)
        key = get_language(), fingerprint
        html = self.kept.get(key)
        if html is None:
            html = self.nodelist.render(context)
            with self.lock:
                self.kept[key] = html
                if len(self.kept) > MOST_KEPT:
                    del self.kept[next(iter(self.kept))]
        return html


@register.tag
def kept(parser: Parser, token: Token) -> KeptNode:
    """Keep what stands between for as long as a fingerprint of all that it shows is the same.

        {% kept fingerprint %}…{% endkept %}

    Without a fingerprint (a preview) it is written each time.
    """
    _name, fingerprint = token.split_contents()
    nodelist = parser.parse(["endkept"])
    parser.delete_first_token()
    return KeptNode(nodelist, parser.compile_filter(fingerprint))
