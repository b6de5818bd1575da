#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The demo tells its story to the end, and every part of it is true.
. "$(dirname "$0")/../lib.sh"

mkdir -p tree/ssl
cp ssl/* tree/ssl/
demo() { (cd tree && exec bash "$LIB_ROOT/dist/demo.sh" "$BIN"); }
demo >story 2>&1
equal "the demo ends well" 0 $?
tells() { check "it shows: $1" grep -q -E -e "$2" story; }
tells "an enrolment" "event=enrolled .*assurance=simulated"
tells "a result that is trusted" "^ *Trusted$"
tells "a changed one that is not" "^ *result-signature-invalid "
tells "a chain that OpenSSL accepts" "delegation.crt: OK"
tells "a forbidden enclave" "refused by .*mrenclave-not-allowed "
tells "an outdated one" "refused by .*tcb-status-not-allowed "
tells "a changed quote" "^ *quote-signature-invalid "
tells "refusals on record" "code=mrenclave-not-allowed peer="
tells "what to try next" "^What to try next"

finish
