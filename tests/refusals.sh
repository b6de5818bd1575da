#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Writes the table of tests/README.md anew: everything that is refused, with the
# code and the sentence that the operator reads, from real runs of the tests.
# BUILD chooses the build (build), which has to be there: make check-built
# Where a test fails its rows are missing, and the exit code is 1.

set -eu
cd "$(dirname "$0")/.."
tests=(interop/hostile interop/evidence system/faults system/policy
    interop/exchange interop/cut system/timeouts system/logs system/clock
    system/full_disk system/start system/settings)
TABLE=$(mktemp -d)
export TABLE
trap 'rm -rf "$TABLE"' EXIT

status=0
# shellcheck disable=SC2046 # words
tests/run $(printf 'tests/%s.sh ' "${tests[@]}") >"$TABLE/log" || status=1
[ $status = 0 ] || cat "$TABLE/log" >&2
sed '/^| ---/q' tests/README.md >"$TABLE/README.md"
for test in "${tests[@]}"; do
	cat "$TABLE/${test/\//.}.sh" >>"$TABLE/README.md" || status=1
done
cp "$TABLE/README.md" tests/README.md
exit $status
