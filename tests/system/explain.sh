#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Explanations: dci explain, and what dci verify-quote says about a quote that
# is not as it should be.
# EVERY: of the codes every so many-th only (1).
# usage: explain.sh [folder with the programs]
bin=$(cd "${1:-${BUILD:-build}/bin}" && pwd) || exit 2
defs=$(cd "$(dirname "$0")/../../include/dci/codes" && pwd) || exit 2
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 2
count=0 failed=0

ok() { # text, condition's status
	count=$((count + 1))
	if [ "$2" = 0 ]; then
		echo "ok $count - $1"
	else
		echo "not ok $count - $1"
		failed=$((failed + 1))
		sed 's/^/# /' out err 2>/dev/null | head -8
	fi
}

explain() { "$bin/dci" explain "$@" >out 2>err; }

names() { # CODE or CHECK: the second word of each in the tables
	cat "$defs"/*.def | tr '\n' ' ' |
	    grep -oE "\b$1\([A-Z0-9_]+, *\"[a-z0-9-]+\"" | sed 's/.*"\(.*\)"/\1/'
}

# dci explain.
explain; [ $? = 0 ] && [ ! -s err ]; ok "all codes are listed" $?
cut -d' ' -f1 out | grep -vx ok | sort >listed
names CODE | sort >expected
[ "$(wc -l <expected)" -gt 100 ] && cmp -s listed expected
ok "one a line, those of the tables and no others" $?
! grep -vqE '^[a-z0-9-]+ +[^ ].*\.$' out; ok "each with its meaning" $?
bad=
for name in $(names CODE | sed -n "1~${EVERY:-1}p"); do
	said=$("$bin/dci" explain "$name" 2>&1) && [[ $said == "$name: a code"* &&
	    $said == *"Meaning: "?* && $said == *"To do: "?* ]] || bad="$bad $name"
done
[ -z "$bad" ]; ok "every code has meaning and remedy$bad" $?
for name in $(names CHECK | sed -n "1~${EVERY:-1}p"); do
	said=$("$bin/dci" explain "$name" 2>&1) && [[ $said == "$name: a check"* &&
	    $said == *"Looks at: "?* ]] || bad="$bad $name"
done
[ -z "$bad" ]; ok "every check is explained$bad" $?
explain OutOfDate && grep -q 'To do: .' out; ok "a verdict too" $?
explain PCK-Revoked && grep -q '^pck-revoked:' out; ok "in either case" $?
explain pck-revokd; [ $? = 2 ] && [ ! -s out ] && grep -q 'pck-revoked' err
ok "a typing error: exit 2, and what was meant" $?
explain identity; [ $? = 2 ] && grep -q 'qe-identity' err
ok "a part of a name: exit 2, and names with it" $?
explain $'\e[31mxyzzy'; [ $? = 2 ] && ! grep -q $'\e' err; ok "a hostile word" $?
explain a b; [ $? = 2 ] && [ ! -s out ]; ok "two words: exit 2" $?
explain --nothing; [ $? = 2 ] && [ ! -s out ]; ok "an option: exit 2" $?
explain --help && grep -q '^Usage: dci explain' out; ok "--help" $?

# dci verify-quote.
"$bin/dci-sim" init sim >/dev/null || exit 2
verify() { # fault, arguments
	local fault=$1
	shift
	"$bin/dci-sim" quote --fault "$fault" sim 2>/dev/null |
	    "$bin/dci" verify-quote --root sim/root.crt "$@" - >out 2>err
}
has() { grep -qF -- "$1" out; }
json() { # a condition in Python about r
	python3 -c "import json,sys; r = json.load(open('out')); sys.exit(not ($1))"
}
genuine=(--collateral sim/collateral)

verify tcb-out-of-date "${genuine[@]}"; [ $? = 3 ]; ok "an outdated platform" $?
has "To do: Update the platform"; ok "says what to do" $?
has "component 1 (BIOS, Early Microcode Update): has 10, needs 12" &&
    has "component 2 (OS/VMM, SGX Late Microcode Update): has 10, needs 12"
ok "names each component with have and need, category and type" $?
has "level reached OutOfDate, of 2023-08-09" && has "newest level UpToDate, of 2024-11-13"
ok "names the level reached and the newest" $?
has "advisories of the platform: INTEL-SA-00615, INTEL-SA-00837" &&
    has "advisories of the quoting enclave: none"
ok "advisories of platform and QE apart" $?
[ "$(grep -cE ' [0-9TZ:-]{20} to [0-9TZ:-]{20}$' out)" = 13 ]
ok "has the dates of each certificate, list and document" $?
has "first to expire:"; ok "and what expires first" $?

verify tcb-out-of-date "${genuine[@]}" --json
json 'r["tcb"]["remedy"] and r["levels"]["reached"]["status"] == "OutOfDate" and
    r["levels"]["newest"]["components"][0] == 12 and
    [s["component"] for s in r["tcb"]["shortfalls"]] == [1, 2] and
    r["tcb"]["shortfalls"][0]["type"] == "Early Microcode Update"'
ok "--json: the same" $?
json 'len(r["documents"]) == 13 and
    {"PCK certificate", "TCB info", "QE identity", "PCK revocation list"} <=
    {d["what"] for d in r["documents"]} and
    min(d["next_update"] for d in r["documents"]) ==
    r["dates"]["earliest_next_update"]'
ok "--json: every date" $?

verify qe-out-of-date "${genuine[@]}"; [ $? = 3 ] &&
    has "The quoting enclave is out of date" && has "it has SVN 6; level reached 6" &&
    has "newest level 8"
ok "an outdated QE: which it has, which there is" $?
verify tcb-not-supported "${genuine[@]}"; [ $? = 1 ] && has "no level is reached" &&
    has "component 1 (BIOS, Early Microcode Update): has 3, needs 12"
ok "below all levels: what is missing" $?
verify tcb-not-supported "${genuine[@]}" --json
json 'r["levels"]["shortfalls"][0]["need"] == 12 and "reached" not in r["levels"]'
ok "--json: the same" $?
verify qe-not-supported "${genuine[@]}"; [ $? = 1 ] &&
    has "level reached UpToDate" && has "the quoting enclave has SVN 0"
ok "a QE below all levels" $?
verify debug --collateral sim/faults/expired-tcb-info; [ $? = 1 ] &&
    grep -qE 'TCB info .*EXPIRED$' out && [ "$(grep -c 'EXPIRED$' out)" = 1 ]
ok "an expired document is marked" $?
verify debug --collateral sim/faults/not-yet-valid; [ $? = 1 ] &&
    grep -qE 'TCB info .*NOT YET VALID$' out && has "The verification ended here"
ok "one from the future too, and where it ended" $?
verify sw-hardening "${genuine[@]}" && false; has "To do: See that the enclave"
ok "something left to software: what to do" $?

echo "1..$count"
[ $failed = 0 ]
