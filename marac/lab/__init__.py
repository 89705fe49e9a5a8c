"""Where the comparison of people is trained and judged, on people nobody has ever met. It opens no case."""
