#!/bin/sh
# In the image. The list is SIGNPOST_CATALOGUE, else the mount /catalogue.yaml, else the shipped one in a separate index.
set -eu
if [ -z "${SIGNPOST_CATALOGUE:-}" ] && [ -e /catalogue.yaml ]; then
    export SIGNPOST_CATALOGUE=/catalogue.yaml
fi
if [ -z "${SIGNPOST_INDEX:-}" ]; then
    export SIGNPOST_INDEX="/var/lib/signpost/$([ -n "${SIGNPOST_CATALOGUE:-}" ] && echo index || echo demo)"
fi
exec signpost "$@"
