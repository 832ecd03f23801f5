"""Logins as other people recorded them, to events and labels."""
