"""verify: verdicts are made once more from what they record, and have to come out the same to the byte."""

from streams.offline.verify.differences import Difference
from streams.offline.verify.verifier import Finding, Report, Verifier
from streams.offline.verify.versions import ModelVersions

__all__ = ["Difference", "Finding", "ModelVersions", "Report", "Verifier"]
