"""Renders HTML pages from the templates in the folder `pages`."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined

_ENVIRONMENT = Environment(
    loader=PackageLoader("sketch_classifier.analysis", "pages"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)


def page(template: str, **values: object) -> str:
    """The template rendered with these values; all text is escaped unless the template marks it as `safe`."""
    return _ENVIRONMENT.get_template(template).render(**values)
