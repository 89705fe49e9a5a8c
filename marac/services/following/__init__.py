"""What a plan leaves to do: actions, flags, telling the victim-survivor."""
