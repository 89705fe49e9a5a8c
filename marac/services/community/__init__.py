"""The Community MARAC case between its hearings: reviews, powers, incidents, sides, its end. Hears nothing."""
