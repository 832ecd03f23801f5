"""The Elasticsearch client: how it is made, and which of its errors pass by waiting."""

from __future__ import annotations

import threading

import structlog
from elastic_transport import TransportError
from elasticsearch import ApiError, AuthenticationException, AuthorizationException, Elasticsearch

from streams.settings import Settings, SettingsError

_log = structlog.get_logger(__name__)

_REQUEST_TIMEOUT_S = 30
_BETWEEN_PROBES_S = 1.0
# 401 and 403: a block on an index, a full disk or a changed password, which somebody mends while we wait.
_WAIT_FOR = (401, 403, 408, 429)


def make_client(settings: Settings) -> Elasticsearch:
    """A client for all nodes of the setting; raises SettingsError if that is no list of URLs."""
    hosts = [host.strip() for host in settings.elasticsearch.split(",") if host.strip()]
    try:
        return Elasticsearch(hosts, request_timeout=_REQUEST_TIMEOUT_S, max_retries=len(hosts) - 1)
    except ValueError:
        # The client's own text repeats the URL, and a URL may hold a password.
        raise SettingsError(
            "setting 'elasticsearch': not a comma separated list of URLs like http://127.0.0.1:9200"
        ) from None


def wait_until_ready(client: Elasticsearch, stop: threading.Event) -> bool:
    """Wait until Elasticsearch answers; False if ``stop`` came first. Raises SettingsError for a wrong password."""
    said = False
    while not stop.is_set():
        try:
            client.cluster.health()
        except AuthorizationException:
            pass  # it answers; this user just may not ask for the cluster's health
        except AuthenticationException:
            raise SettingsError("setting 'elasticsearch': the user or password is refused") from None
        except (ApiError, TransportError) as error:
            reason = reason_to_wait(error)
            if reason is None:
                raise
            if not said:
                _log.warning("elasticsearch_away", reason=reason, doing="waiting")
                said = True
            stop.wait(_BETWEEN_PROBES_S)
            continue
        if said:
            _log.info("elasticsearch_back")
        return True
    return False


def reason_to_wait(error: ApiError | TransportError) -> str | None:
    """A word for an error that passes by itself or by an operator's hand; None for one that never will."""
    if isinstance(error, ApiError):
        status = error.meta.status
        return f"{status} {error.error}" if status in _WAIT_FOR or status >= 500 else None
    return type(error).__name__
