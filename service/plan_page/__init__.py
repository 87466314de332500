"""The plan page: a mission's plans on one self-contained HTML page, for people to look at before anything flies."""

from service.plan_page.document import plan_page

__all__ = ["plan_page"]
