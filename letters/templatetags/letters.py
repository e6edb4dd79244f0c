"""`{% load letters %}`: what pages show of letters."""

from django import template

from letters import sampling

register = template.Library()


@register.inclusion_tag("includes/_sample_notice.html")
def sample_notice() -> dict:
    """A line at the top of every page, as long as invented activity is in the database."""
    return {"is_sample": sampling.is_there()}
