"""The one error of this package: it says in a line what is wrong and what the reader can do about it."""


class ServicesError(Exception):
    """The local services cannot do what was asked."""
