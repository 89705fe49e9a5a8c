"""A calendar file as an answer. Its name says nothing."""

from flask import Response


def calendar_file(content: bytes) -> Response:
    """To be opened by a calendar program."""
    answer = Response(content, mimetype="text/calendar")
    answer.headers["Content-Disposition"] = 'attachment; filename="meetings.ics"'
    return answer
