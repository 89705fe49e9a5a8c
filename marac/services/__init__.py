"""WHAT CAN BE DONE: plain functions `(session, actor, thing, *, facts) -> thing`. Knows no Flask and never commits."""
