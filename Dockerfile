# One image for all of Weir's processes: the command says which one a container runs.

FROM python:3.11-slim-bookworm AS wheel
WORKDIR /src
COPY requirements-build.lock ./
RUN pip install --no-cache-dir --require-hashes --only-binary :all: -r requirements-build.lock
COPY pyproject.toml README.md LICENSE NOTICE CHANGELOG.md ./
COPY features ./features
COPY models ./models
COPY streams ./streams
COPY infra ./infra
RUN python -m hatchling build -t wheel -d /dist

FROM python:3.11-slim-bookworm AS install
WORKDIR /src
COPY requirements.lock ./
# The dependencies come first: their layer lives as long as the lock file does.
RUN python -m venv /opt/weir \
    && /opt/weir/bin/pip install --no-cache-dir --require-hashes --only-binary :all: -r requirements.lock
COPY --from=wheel /dist /dist
RUN /opt/weir/bin/pip install --no-cache-dir --no-deps /dist/*.whl

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin weir \
    && install -d -o weir -g weir /var/lib/weir /var/lib/weir/registry
COPY --from=install /opt/weir /opt/weir
# One process a container: all serve /metrics and /ready on one port, reachable from the container's network.
ENV PATH=/opt/weir/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    WEIR_HTTP_HOST=0.0.0.0 \
    WEIR_WORKER_PORT=19600 \
    WEIR_LEARNER_PORT=19600 \
    WEIR_INDEXER_PORT=19600 \
    WEIR_ENFORCER_PORT=19600
WORKDIR /var/lib/weir
USER 10001
EXPOSE 19600
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s --retries=12 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:19600/ready', timeout=2)"]
ENTRYPOINT ["weir"]
CMD ["--help"]
