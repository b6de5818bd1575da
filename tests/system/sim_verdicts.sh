#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# dci verify-quote says of every simulated fault what dci-sim faults promises,
# for each version of quotes.
# usage: sim_verdicts.sh [path of dci-sim [path of dci]]
set -eu

sim=${1:-${BUILD:-build}/bin/dci-sim}
dci=${2:-${BUILD:-build}/bin/dci}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
count=0
failures=0
tab=$(printf '\t')

verdict() { # name, expected word, quote options, collateral
	for version in 3 4 5; do
		# shellcheck disable=SC2086
		"$sim" quote --version $version $3 "$work/sim" 2>/dev/null \
		    >"$work/quote"
		said=$("$dci" verify-quote --root "$work/sim/root.crt" \
		    --collateral "$4" "$work/quote" | head -n 1) || :
		count=$((count + 1))
		if [ "$said" = "$2" ]; then
			echo "ok $count - $1, version $version: $2"
			continue
		fi
		echo "not ok $count - $1, version $version: '$said', not '$2'"
		failures=$((failures + 1))
	done
}

"$sim" init "$work/sim" >/dev/null
"$sim" faults >"$work/faults"
verdict "no fault" UpToDate "" "$work/sim/collateral"
while IFS=$tab read -r name word where _; do
	collateral=$work/sim/collateral
	[ "$where" = quote ] || collateral=$work/sim/faults/$name
	verdict "$name" "$word" "--fault $name" "$collateral"
done <"$work/faults"

echo "1..$count"
[ "$failures" = 0 ]
