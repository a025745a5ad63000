# Two stages: the first has torch and makes the index; the second has neither torch nor transformers and runs the bot.
#
#   docker build -t signpost .
#   docker run --read-only --tmpfs /tmp -v signpost:/var/lib/signpost -p 3000:3000 --env-file .env signpost
#
# Only /var/lib/signpost (the store of feedback) and /tmp are ever written to. The index is part of the image; to serve
# another one, mount it and set SIGNPOST_INDEX.

ARG PYTHON=3.11-slim-bookworm

FROM python:${PYTHON} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /srv/signpost
COPY deploy/requirements-serve.txt deploy/requirements-build.txt deploy/
# Only the index of builds without CUDA has a small torch for Linux; everything else comes from PyPI.
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
RUN python -m venv /opt/serve \
    && /opt/serve/bin/pip install -r deploy/requirements-serve.txt
RUN python -m venv /opt/build \
    && grep '^torch==' deploy/requirements-build.txt > /tmp/torch.txt \
    && /opt/build/bin/pip install --no-deps --index-url "${TORCH_INDEX}" -r /tmp/torch.txt \
    && /opt/build/bin/pip install -r deploy/requirements-build.txt
COPY pyproject.toml README.md LICENSE ./
COPY bot bot
COPY index index
COPY data data
# The package is a pointer to this folder; the second stage has the folder at the same place.
RUN /opt/serve/bin/pip install --no-deps --editable . \
    && /opt/build/bin/pip install --no-deps --no-build-isolation --editable .
# What only the next build would use stays behind.
RUN /opt/build/bin/signpost build --index /srv/index \
    && rm -rf /srv/index/cache /srv/index/encoders

FROM python:${PYTHON}
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin signpost \
    && install -d -o signpost -g signpost /var/lib/signpost
COPY --from=build /opt/serve /opt/serve
COPY --from=build /srv /srv
ENV PATH=/opt/serve/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOST=0.0.0.0 \
    PORT=3000 \
    SIGNPOST_INDEX=/srv/index \
    STORE_URL=sqlite:////var/lib/signpost/store.sqlite3
WORKDIR /srv/signpost
USER 10001
VOLUME /var/lib/signpost
EXPOSE 3000
HEALTHCHECK --interval=15s --timeout=3s --start-period=10s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as web; web.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/healthz', timeout=2)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["signpost"]
CMD ["serve"]
