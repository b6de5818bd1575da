#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The contract of "dci verify-quote": words, lines and exit codes.
# usage: verify_quote.sh [folder with the programs]
bin=$(cd "${1:-${BUILD:-build}/bin}" && pwd) || exit 2
vectors=$(cd "$(dirname "$0")/../../../shared/vectors" 2>/dev/null ||
    cd "$(dirname "$0")/../../../../shared/vectors" 2>/dev/null && pwd)
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
		sed 's/^/# /' out err 2>/dev/null | head -6
	fi
}

verify() { "$bin/dci" verify-quote "$@" >out 2>err; }

expect() { # text, exit status, first line, arguments
	local text=$1 status=$2 first=$3
	shift 3
	verify "$@"
	local got=$?
	[ $got = "$status" ] && [ "$(head -1 out)" = "$first" ]
	ok "$text" $?
}

code() { # text, code: of the last run, which was Invalid or Revoked
	sed -n 2p out | grep -Eq "^$2 [^ ].* "
	ok "$1" $?
}

trouble() { # text, arguments
	local text=$1
	shift
	verify "$@"
	local got=$?
	[ $got = 2 ] && [ ! -s out ] && [ -s err ]
	ok "$text" $?
}

"$bin/dci-sim" init sim >/dev/null && "$bin/dci-sim" quote sim >quote || exit 2
sim=(--collateral sim/collateral --root sim/root.crt)

# Verdicts.
expect "a good quote is UpToDate" 0 UpToDate "${sim[@]}" quote
[ ! -s err ]; ok "and nothing is said on standard error" $?
expect "standard input" 0 UpToDate "${sim[@]}" - <quote
expect "options after the quote" 0 UpToDate quote "${sim[@]}"
ln -s sim/collateral link && ln -s ../quote sim/quote-link
expect "symbolic links" 0 UpToDate --collateral link --root sim/root.crt sim/quote-link
"$bin/dci-sim" faults >faults
while IFS=$'\t' read -r name word where _; do
	folder=sim/collateral
	cp quote bad
	case $where in
	quote) "$bin/dci-sim" quote --fault "$name" sim >bad ;;
	*) folder=sim/faults/$name ;;
	esac
	case $word in
	UpToDate) status=0 ;;
	Revoked | Invalid) status=1 ;;
	*) status=3 ;;
	esac
	expect "fault $name is $word" $status "$word" --collateral "$folder" \
	    --root sim/root.crt bad
	[ $status != 1 ] || code "fault $name has code and sentence" '[a-z0-9-]+'
done <faults
expect "a simulated quote is nothing to Intel's root" 1 Invalid \
    --collateral sim/collateral quote
code "and the reason is the root" pck-root-untrusted
expect "long before" 1 Invalid "${sim[@]}" --time 1999-01-01T00:00:00Z quote
expect "long after" 1 Invalid "${sim[@]}" --time 2099-01-01T00:00:00Z quote
expect "Revoked beats expiry" 1 Revoked --collateral sim/faults/revoked-pck \
    --root sim/root.crt --time "$(date -u -d '+2 years' +%FT%TZ)" quote

# Quotes that are none.
: >empty
expect "an empty quote" 1 Invalid "${sim[@]}" empty
head -c 16385 /dev/zero >large
expect "a quote of 16385 bytes" 1 Invalid "${sim[@]}" large
code "has its own code" quote-too-large
verify "${sim[@]}" - < <(yes); [ $? = 1 ]; ok "an endless quote" $?
od -An -tx1 quote | tr -d ' \n' >hex
expect "a quote in hex" 1 Invalid "${sim[@]}" hex

# Collateral that is missing, empty or unparsable is a verdict.
for file in tcb_info.json tcb_info_issuer_chain.pem qe_identity.json \
    qe_identity_issuer_chain.pem pck_crl.der pck_crl_issuer_chain.pem \
    root_ca_crl.der; do
	rm -rf broken && cp -r sim/collateral broken
	rm "broken/$file"
	expect "$file missing" 1 Invalid --collateral broken --root sim/root.crt quote
	code "$file missing has a code" '[a-z0-9-]+'
	: >"broken/$file"
	expect "$file empty" 1 Invalid --collateral broken --root sim/root.crt quote
	echo garbage >"broken/$file"
	expect "$file garbage" 1 Invalid --collateral broken --root sim/root.crt quote
	rm "broken/$file" && mkdir "broken/$file"
	expect "$file a folder" 1 Invalid --collateral broken --root sim/root.crt quote
done
mkdir nothing
expect "an empty folder" 1 Invalid --collateral nothing --root sim/root.crt quote
expect "an empty bundle" 1 Invalid --collateral empty --root sim/root.crt quote
expect "an untrusted chain comes before a bad bundle" 1 Invalid --collateral empty quote
code "and is the reason" pck-root-untrusted

# A bundle is the same in one file.
python3 - >bundle <<'P'
import json
folder = "sim/collateral/"
names = {"tcb_info": "json", "tcb_info_issuer_chain": "pem", "qe_identity": "json",
         "qe_identity_issuer_chain": "pem", "pck_crl_issuer_chain": "pem"}
bundle = {n: open(folder + n + "." + e).read() for n, e in names.items()}
for n in ("pck_crl", "root_ca_crl"):
    bundle[n] = open(folder + n + ".der", "rb").read().hex()
print(json.dumps(bundle))
P
expect "a bundle" 0 UpToDate --collateral bundle --root sim/root.crt quote
head -c 1000 bundle >half
expect "half a bundle" 1 Invalid --collateral half --root sim/root.crt quote
code "has its code" collateral-malformed

# So is a root that is none.
for root in empty quote; do
	expect "--root $root" 1 Invalid --collateral sim/collateral --root $root quote
	code "--root $root has its code" root-malformed
done
cat sim/root.crt sim/root.crt >two
expect "--root with two certificates" 1 Invalid --collateral sim/collateral --root two quote
code "has its code" root-malformed
sed '/END/q' sim/pck_chain.pem >leaf
expect "--root with a leaf" 1 Invalid --collateral sim/collateral --root leaf quote
code "has its code too" root-malformed
expect "the root is reported first" 1 Invalid --collateral nothing --root two empty
code "whatever else is wrong" root-malformed

# Trouble.
trouble "no arguments"
trouble "no --collateral" quote
trouble "no quote" "${sim[@]}"
trouble "two quotes" "${sim[@]}" quote quote
trouble "an unknown option" "${sim[@]}" --colateral x quote
trouble "an option without its value" quote --collateral
trouble "--collateral twice" "${sim[@]}" --collateral x quote
trouble "a quote that is not there" "${sim[@]}" nowhere
trouble "a quote that is a folder" "${sim[@]}" sim
trouble "collateral that is not there" --collateral nowhere --root sim/root.crt quote
trouble "a root that is not there" --collateral sim/collateral --root nowhere quote
trouble "a root that is a folder" --collateral sim/collateral --root sim quote
trouble "trouble outranks a bad root" --collateral nowhere --root two quote
for time in now 2026-01-01 2026-02-30T00:00:00Z 2026-01-01T00:00:00 \
    2026-01-01T00:00:00+01:00 1700000000 ""; do
	trouble "--time '$time'" "${sim[@]}" --time "$time" quote
done
"$bin/dci" verify-quote "${sim[@]}" quote >/dev/full 2>err
[ $? = 2 ] && [ -s err ]; ok "a full disk" $?
mkfifo pipe
head -c 0 <pipe &
exec 9>pipe; wait $!
"$bin/dci" verify-quote "${sim[@]}" quote >&9 2>err
[ $? = 2 ] && [ -s err ]; ok "a closed pipe" $?
exec 9>&-
"$bin/dci" verify-quote "${sim[@]}" quote >&- 2>err
[ $? = 2 ]; ok "a closed standard output" $?

# JSON.
json() { # text, Python expression over r
	python3 -c "import json,sys
r = json.load(open('out'))
sys.exit(not ($2))" 2>>err
	ok "$1" $?
}
expect_json() { # text, status, arguments
	local text=$1 status=$2
	shift 2
	verify --json "$@"
	local got=$?
	[ $got = "$status" ] && [ "$(wc -l <out)" = 1 ]
	ok "$text" $?
}
expect_json "--json of a good quote" 0 "${sim[@]}" quote
json "verdict and code" "r['verdict'] == 'UpToDate' and r['code'] == 'ok' and r['version'] == 1"
json "no sentence, no remedy" "'sentence' not in r and 'remedy' not in r"
json "every check passed or was skipped" "{c['outcome'] for c in r['checks']} <= {'pass', 'skipped'} and len(r['checks']) > 20"
"$bin/dci-sim" quote --fault out-of-date-config-needed sim >bad
expect_json "--json of an old platform" 3 "${sim[@]}" bad
json "shortfalls" "all(s['have'] < s['need'] for s in r['tcb']['shortfalls']) and r['tcb']['shortfalls']"
json "advisories" "'INTEL-SA-00615' in r['tcb']['platform_advisories'] and r['tcb']['qe_advisories'] == []"
"$bin/dci-sim" quote --fault debug sim >bad
expect_json "--json of a debug enclave" 0 "${sim[@]}" bad
json "debug" "r['enclave']['debug'] is True"
expect_json "--json without a good root" 1 --collateral sim/collateral --root two quote
json "code, sentence, remedy" "r['verdict'] == 'Invalid' and r['code'] == 'root-malformed' and r['sentence'] and r['remedy']"
expect_json "--json of a revoked platform" 1 --collateral sim/faults/revoked-pck --root sim/root.crt quote
json "the failed check has code and remedy" "[c for c in r['checks'] if c['outcome'] == 'fail'][0]['code'] == r['code']"
verify --json "${sim[@]}" nowhere; [ $? = 2 ] && [ ! -s out ]
ok "--json and trouble: nothing on standard output" $?

# The command itself.
"$bin/dci" --help >out 2>err && grep -q verify-quote out; ok "dci --help" $?
"$bin/dci" help verify-quote >out 2>err && grep -q -- --collateral out
ok "dci help verify-quote" $?
"$bin/dci" --version | grep -q '^dci [0-9]'; ok "dci --version" $?
"$bin/dci" verify-quotes >out 2>err; [ $? = 2 ] && [ ! -s out ] && grep -q -- --help err
ok "an unknown command" $?
"$bin/dci" >out 2>err; [ $? = 2 ] && [ ! -s out ]; ok "no command" $?

# A real quote.
if [ -n "$vectors" ] && [ -f "$vectors/expect.jsonl" ]; then
	python3 - "$vectors" >row <<'P'
import json, os, shutil, sys
root = sys.argv[1]
row = json.loads(open(root + "/expect.jsonl").readline())
os.makedirs("real")
for name, path in row["files"].items():
    end = {"tcb_info": ".json", "qe_identity": ".json", "pck_crl": ".der",
           "root_ca_crl": ".der", "quote": ""}.get(name, ".pem")
    shutil.copy(root + "/pool/" + path, "real/" + name + end)
print(row["time"], row["expect"])
P
	read -r time word <row
	status=3
	[ "$word" != UpToDate ] || status=0
	[ "$word" != Invalid ] || status=1
	expect "a real quote is $word" $status "$word" --collateral real \
	    --time "$time" real/quote
fi

echo "1..$count"
[ $failed = 0 ]
