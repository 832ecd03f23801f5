"""Lists: values of one type that people name, and the quick question whether an event's value stands among them."""

from models.lists.file import ListFile, read_list
from models.lists.matching import EntityList, empty_list, list_of
from models.lists.values import LIST_NAME, PROTECT, Entry, ListError, ListType, normal

__all__ = [
    "LIST_NAME",
    "PROTECT",
    "EntityList",
    "Entry",
    "ListError",
    "ListFile",
    "ListType",
    "empty_list",
    "list_of",
    "normal",
    "read_list",
]
