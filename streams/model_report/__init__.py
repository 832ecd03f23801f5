"""What the models are worth, kind by kind, as one page for whoever has to answer for them."""
