# SPDX-License-Identifier: Apache-2.0
# Where the checkout is, and where what was fetched or built for tests and benchmarks is kept.
TIDEMARK_HOME=${TIDEMARK_HOME:-$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.." && pwd)}
TIDEMARK_CACHE=${TIDEMARK_CACHE:-$TIDEMARK_HOME/.cache}
export TIDEMARK_HOME TIDEMARK_CACHE
mkdir -p "$TIDEMARK_CACHE"
