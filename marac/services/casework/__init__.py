"""A case and the people in it: pages, contact, places, risk. Moves no case from state to state."""
