"""The errors of judging and learning, named by what the operator does about them.

WeirError (features)
├── RuleError    a rule or policy is wrong: refuse to start, or keep the running bundle; file, line and caret
└── ModelError   a model cannot be used: decide without it, say so in the verdict, alert
    └── RegistryUnavailable   models are out of reach: the running ones stay; look at the registry, try again
"""

from __future__ import annotations

from features.errors import WeirError


class RuleError(WeirError):
    """A rule or a policy that must not be used; the text is ready to print."""


class ModelError(WeirError):
    """A model artefact that is corrupt, unsigned, or made for other inputs."""


class RegistryUnavailable(ModelError):
    """The place where models lie cannot be opened, read or written; nothing is known against the models."""
