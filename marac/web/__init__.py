"""The door for people: the only place that knows Flask. Reads a request, asks one service, answers with a page.

Refuses to decide anything: rules live in workflows, rights in access, words in templates.
"""
