"""A mail's text to hashed features, and the linear model that learns from them online."""
