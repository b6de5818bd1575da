#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Whole issuances and the floor, in turns, on a simulated platform in a
# temporary folder.  Usage: issue.sh BUILDDIR [ROUNDS [COUNT]]
set -eu

build=$(cd "$1" && pwd)
rounds=${2:-3}
count=${3:-1000}
. "$(dirname "$0")/lib.sh"
bench_begin
issuer

# The least (-n) or the greatest (-rn) of the lines: other programs on the
# machine only ever add to a cost.
best() {
	sort "$1" | head -n 1
}

# run LABEL KEY TLS CLIENTS STYLE: one line of the table
run() {
	rm -f load.* floor.*
	for round in $(seq "$rounds"); do
		"$build/bench/floor" $5 -m "$3" -k "$2" sim >floor.$round
		"$build/bench/load" -a "127.0.0.1:$port" -A ssl/ca.crt \
		    -s sim -p "$issuer" -k "$2" -m "$3" -n "$count" -c "$4" \
		    $5 >load.$round
	done
	for name in operations_us floor_us; do
		eval "$name=\$(for f in floor.*; do value \$f $name; done |
		    best -n)"
	done
	for name in cpu_us cpu_worker_us cpu_appraiser_us cpu_signer_us \
	    cpu_ledger_us p50_ms p99_ms; do
		eval "$name=\$(for f in load.*; do value \$f $name; done |
		    best -n)"
	done
	for name in per_second failures; do
		eval "$name=\$(for f in load.*; do value \$f $name; done |
		    best -rn)"
	done
	printf '%-22s %5.0f %5.0f %5.0f %5.0f %5.0f %5.0f %5.0f %5.2f %6.0f %7.1f %7.1f %4.0f\n' \
	    "$1" "$cpu_us" "$cpu_worker_us" "$cpu_appraiser_us" \
	    "$cpu_signer_us" "$cpu_ledger_us" "$floor_us" "$operations_us" \
	    "$(awk "BEGIN { print $cpu_us / $floor_us }")" "$per_second" \
	    "$p50_ms" "$p99_ms" "$failures"
}

echo "Server CPU in microseconds per issuance, user and system, all processes."
echo "floor: bare handshake, quote, CSR, signature; keys: public-key operations."
echo "The best of $rounds rounds of $count; failures: the worst."
printf '%-22s %5s %5s %5s %5s %5s %5s %5s %5s %6s %7s %7s %4s\n' \
    "" CPU work appr sign ledg floor keys ratio /s p50ms p99ms fail
run "P-256 TLS 1.3, 1" p256 1.3 1 ""
run "P-256 TLS 1.3, 16" p256 1.3 16 ""
run "P-256 TLS 1.3, 64" p256 1.3 64 ""
run "P-256 TLS 1.2, 16" p256 1.2 16 ""
run "P-384 TLS 1.3, 16" p384 1.3 16 ""
run "P-384, as Gramine, 16" p384 1.3 16 -g
