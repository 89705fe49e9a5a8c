"""A form that came as a Word or PDF file: its words, read apart from everything else, and the draft made of them."""
