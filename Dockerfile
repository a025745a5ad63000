# Two stages: the first installs, the second runs the bot and holds nothing that builds packages. No torch: the encoder ships.
#
#   docker build -t signpost .
#   docker buildx build --platform linux/amd64,linux/arm64 --provenance mode=max --sbom true -t REGISTRY/signpost --push .
#   docker run --read-only --tmpfs /tmp -v signpost:/var/lib/signpost -v ./links.yaml:/catalogue.yaml:ro \
#       -p 127.0.0.1:3000:3000 signpost serve --mode web
#
# The list is that mount, or SIGNPOST_CATALOGUE=https://…, or else the shipped one. The bot builds its index at the start and
# again every SIGNPOST_REFRESH. Only /var/lib/signpost (the index, the store of feedback) and /tmp are ever written to.

# The digest is that of the list of all processors' images, so that the same line builds for each of them.
FROM python:3.11-slim-bookworm@sha256:0bee7276f83efd4a1ee05bbbf4281d95ed28e079220a9457f25a93e3f1e3c31b AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /srv/signpost
COPY deploy/requirements-image.txt deploy/requirements-install.txt deploy/requirements-serve.txt deploy/
RUN python -m venv /opt/serve \
    && /opt/serve/bin/pip install --require-hashes --no-deps --only-binary :all: -r deploy/requirements-image.txt \
    && pip install --require-hashes --no-deps --only-binary :all: -r deploy/requirements-install.txt
COPY pyproject.toml README.md LICENSE ./
COPY bot bot
COPY index index
COPY data data
RUN pip wheel --no-deps --no-build-isolation --wheel-dir /tmp . \
    && /opt/serve/bin/pip install --no-deps /tmp/signpost_bot-*.whl

FROM python:3.11-slim-bookworm@sha256:0bee7276f83efd4a1ee05bbbf4281d95ed28e079220a9457f25a93e3f1e3c31b
LABEL org.opencontainers.image.title="Signpost" \
      org.opencontainers.image.description="A Slack bot that answers a question with the best links of a curated catalogue." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.base.name="docker.io/library/python:3.11-slim-bookworm"
# git commits what curators approve, and ssh is how it may push.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends "git=1:2.39.*" "openssh-client=1:9.2*" \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /var/lib/signpost --no-create-home --shell /usr/sbin/nologin signpost \
    && install -d -o signpost -g signpost /var/lib/signpost
COPY --from=build /opt/serve /opt/serve
COPY deploy/entrypoint.sh /usr/local/bin/signpost-container
ENV PATH=/opt/serve/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOST=0.0.0.0 \
    PORT=3000 \
    SIGNPOST_REFRESH=15m \
    STORE_URL=sqlite:////var/lib/signpost/store.sqlite3
WORKDIR /var/lib/signpost
USER 10001
VOLUME /var/lib/signpost
EXPOSE 3000
# Healthy is what can answer: index, search, store, token and connection.
HEALTHCHECK --interval=15s --timeout=3s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as web; web.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/readyz', timeout=2)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["signpost-container"]
CMD ["serve"]
