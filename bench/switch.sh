#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Enrolments while collateral is switched: before, while the source's documents
# are fetched and taken into use again and again (every document is new each
# time), and after.  Usage: switch.sh BUILDDIR [COUNT]
set -eu

build=$(cd "$1" && pwd)
count=${2:-2000}
. "$(dirname "$0")/lib.sh"
bench_begin
rm -r sim/collateral
"$build/bin/dci-sim" pcs sim --listen 127.0.0.1:0 2>pcs.log &
running=$!
listens pcs.log
issuer --collateral-url "http://127.0.0.1:$port"

phase() { # LABEL
	"$build/bench/load" -a "127.0.0.1:$port" -A ssl/ca.crt -s sim \
	    -p "$issuer" -n "$count" -c 8 >load.out
	printf '%-8s %6.0f %7.2f %7.2f %4.0f\n' "$1" \
	    "$(value load.out per_second)" "$(value load.out p50_ms)" \
	    "$(value load.out p99_ms)" "$(value load.out failures)"
}
switches() { grep -c event=collateral-in-use issuer.log || :; }

echo "Enrolments by 8 clients at once, $count in each phase."
printf '%-8s %6s %7s %7s %4s\n' "" /s p50ms p99ms fail
phase warm-up >/dev/null
phase before
before=$(switches)
while kill -USR1 "$issuer" 2>/dev/null; do sleep 0.3; done &
refresh=$!
running="$refresh $running"
phase during
kill $refresh
echo "         ($(($(switches) - before)) switches)"
phase after
