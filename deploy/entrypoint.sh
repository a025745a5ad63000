#!/bin/sh
# In the image: whose list is served is one mount or one address, and without either the shipped one, in an index apart.
set -eu
if [ -z "${SIGNPOST_CATALOGUE:-}" ] && [ -e /catalogue.yaml ]; then
    export SIGNPOST_CATALOGUE=/catalogue.yaml
fi
if [ -z "${SIGNPOST_INDEX:-}" ]; then
    export SIGNPOST_INDEX="/var/lib/signpost/$([ -n "${SIGNPOST_CATALOGUE:-}" ] && echo index || echo demo)"
fi
exec signpost "$@"
