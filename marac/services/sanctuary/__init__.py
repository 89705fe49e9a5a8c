"""The Sanctuary Scheme, from a request to the day somebody moves out. Empty on purpose: import the module you need."""
