"""Numbers that describe a text, an address or a moment on their own: pure, total, without state.

They are ``by`` of ``Derived`` features and of inputs. Whatever the text, none raises and none takes longer than its
length asks for.
"""

from features.shape.agents import is_handheld, is_program
from features.shape.attachments import carries_archive, carries_macros, carries_page, carries_program
from features.shape.choices import is_paid, is_phishable, is_unsolved
from features.shape.links import first_domain, foreign_share, has_address, has_punycode, link_density
from features.shape.moments import hour_of_week, is_night
from features.shape.names import is_tagged, likeness, local_digit_share, name_pattern
from features.shape.senders import (
    checks_passed,
    differs,
    failed,
    first_recipient_domain,
    is_bare_greeting,
    is_outbound,
    is_own_recipient,
    is_spf_aligned,
    is_unlisted,
    recipient_domains,
    shows_other_address,
)
from features.shape.subjects import exclamations, is_false_reply, is_gappy, names_money, subject_form
from features.shape.texts import (
    alternations,
    digit_share,
    entropy_bits,
    is_disguised,
    longest_consonants,
    longest_digits,
    mark_share,
    upper_share,
)
from features.shape.values import amount, empty, flag, kilobytes, length

__all__ = [
    "alternations",
    "amount",
    "carries_archive",
    "carries_macros",
    "carries_page",
    "carries_program",
    "checks_passed",
    "differs",
    "digit_share",
    "empty",
    "entropy_bits",
    "exclamations",
    "failed",
    "first_domain",
    "first_recipient_domain",
    "flag",
    "foreign_share",
    "has_address",
    "has_punycode",
    "hour_of_week",
    "is_bare_greeting",
    "is_disguised",
    "is_false_reply",
    "is_gappy",
    "is_handheld",
    "is_night",
    "is_outbound",
    "is_own_recipient",
    "is_paid",
    "is_phishable",
    "is_program",
    "is_spf_aligned",
    "is_tagged",
    "is_unlisted",
    "is_unsolved",
    "kilobytes",
    "length",
    "likeness",
    "link_density",
    "local_digit_share",
    "longest_consonants",
    "longest_digits",
    "mark_share",
    "name_pattern",
    "names_money",
    "recipient_domains",
    "shows_other_address",
    "subject_form",
    "upper_share",
]
