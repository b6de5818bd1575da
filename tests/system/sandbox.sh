#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# How the processes of a running issuer are locked in, and who knows what.
. "$(dirname "$0")/../lib.sh"

head -c 32 /dev/urandom >wrap_key
chmod 600 wrap_key
issuer main wrap_key || exit 1
works "an enrolment works"

status() { sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status"; }
children=$(children_of "$PID")
names=
uids=
root=$([ "$(id -u)" = 0 ] && echo yes || echo no)
for pid in $children; do
	name=$(cat "/proc/$pid/comm")
	names+=" ${name%.*}"
	equal "$name: seccomp filters its calls" 2 "$(status "$pid" Seccomp)"
	equal "$name: no new privileges" 1 "$(status "$pid" NoNewPrivs)"
	equal "$name: no core dump" "0 0" \
	    "$(sed -n 's/^Max core file size *//p' "/proc/$pid/limits" |
		awk '{ print $1, $2 }')"
	equal "$name: its memory is not for others (not dumpable)" 0 \
	    "$(stat -c %u "/proc/$pid/mem")"
	if [ $root = yes ]; then
		uid=$(status "$pid" Uid | cut -f 1)
		uids+=" ${name%.*}:$uid"
		check "$name: runs as a user of its own" test "$uid" -ge 60000
		equal "$name: real, effective, saved and file system user agree" \
		    1 "$(status "$pid" Uid | tr '\t' '\n' | sort -u | wc -l)"
		equal "$name: no groups" "" "$(status "$pid" Groups | xargs)"
		equal "$name: no capabilities" 0000000000000000 \
		    "$(status "$pid" CapEff)"
		check "$name: its root is not the system's" test \
		    "$(stat -Lc %i "/proc/$pid/root")" != "$(stat -c %i /)"
	fi
done
equal "worker, appraiser, signer, ledger and collector are there" \
    "appraiser collector ledger signer worker" "$(tr ' ' '\n' <<<"$names" | grep . |
	sort -u | xargs)"
if [ $root = yes ]; then
	equal "one user for each role" 5 \
	    "$(tr ' ' '\n' <<<"$uids" | grep . | cut -d : -f 2 | sort -u |
		wc -l)"
else
	skip "one user for each role" "not root"
fi
sockets() { # PID: how many of its descriptors are TCP sockets
	readlink /proc/"$1"/fd/* | sed -n 's/^socket:\[\(.*\)\]/\1/p' |
	    awk 'NR == FNR { has[$1]; next } $10 in has { n++ }
	    END { print n + 0 }' - <(cat /proc/net/tcp /proc/net/tcp6 2>/dev/null)
}
equal "a worker has the socket that it listens on" 1 \
    "$(sockets "$(child_of "$PID" worker.0)")"
for name in appraiser.0 signer ledger collector; do
	equal "$name has no socket of the network" 0 \
	    "$(sockets "$(child_of "$PID" $name)")"
done

# --- secrets in memory --------------------------------------------------------------

# finds PID FILE...: which of the files' bytes its readable memory holds.
finds() {
	python3 - "$@" <<-'END'
		import sys
		pid = sys.argv[1]
		wanted = {name: open(name, "rb").read() for name in sys.argv[2:]}
		found = set()
		with open(f"/proc/{pid}/maps") as maps, \
		    open(f"/proc/{pid}/mem", "rb", 0) as mem:
		    for line in maps:
		        where, mode = line.split()[:2]
		        first, last = (int(x, 16) for x in where.split("-"))
		        if "r" not in mode or line.rstrip().endswith("[vvar]"):
		            continue
		        if last - first > 1 << 30:
		            continue
		        try:
		            mem.seek(first)
		            there = mem.read(last - first)
		        except (OSError, ValueError, OverflowError):
		            continue
		        found |= {name for name, s in wanted.items() if s in there}
		print(*sorted(found))
	END
}
# The private scalar in the order of the file, and as OpenSSL's limbs have it.
scalar=$(openssl pkey -in "$STATE/ca/issuing.key" -noout -text |
    awk '/^priv:/ { on = 1; next } /^pub:/ { on = 0 } on' | tr -d ' :\n')
scalar=${scalar: -64}
printf "$(sed 's/../\\x&/g' <<<"$scalar")" >big.bin
printf "$(fold -w 2 <<<"$scalar" | tac | sed 's/^/\\x/' | tr -d '\n')" >little.bin
openssl pkey -in "$STATE/ca/root.key" -noout -text |
    awk '/^priv:/ { on = 1; next } /^pub:/ { on = 0 } on' | tr -d ' :\n' >root.hex
root_scalar=$(tail -c 64 root.hex)
printf "$(sed 's/../\\x&/g' <<<"$root_scalar")" >root-big.bin
printf "$(fold -w 2 <<<"$root_scalar" | tac | sed 's/^/\\x/' | tr -d '\n')" \
    >root-little.bin

if [ $root = yes ] && command -v python3 >/dev/null; then
	for pid in $PID $children; do
		name=$([ "$pid" = "$PID" ] && echo parent ||
		    cat "/proc/$pid/comm")
		case $name in
		signer) key=yes ;;
		*) key=no ;;
		esac
		case $name in
		ledger) secret=yes ;;
		*) secret=no ;;
		esac
		held=" $(finds "$pid" big.bin little.bin wrap_key root-big.bin \
		    root-little.bin) "
		holds() { [[ $held == *" $1 "* ]] && echo yes || echo no; }
		equal "the issuing key is in the memory of $name: $key" $key \
		    "$(holds big.bin | grep yes || holds little.bin)"
		equal "the wrap_key is in the memory of $name: $secret" $secret \
		    "$(holds wrap_key)"
		equal "the root key is in the memory of $name: no" no \
		    "$(holds root-big.bin | grep yes || holds root-little.bin)"
	done
else
	skip "secrets in memory" "needs root and python3"
fi

# --- keys and secrets in open files, and in swap --------------------------------------

# holders FILE: who has it open, whatever it is called there.
holders() {
	local pid

	for pid in $PID $children; do
		stat -Lc %d:%i /proc/"$pid"/fd/* 2>/dev/null |
		    grep -q -x "$(stat -c %d:%i "$1")" &&
		    cat "/proc/$pid/comm"
	done | sort -u | xargs
}
if [ $root = yes ]; then
	for file in wrap_key ssl/server.key "$STATE/ca/issuing.key" \
	    "$STATE/ca/root.key"; do
		equal "nobody has ${file##*/} open any more" "" \
		    "$(holders "$file")"
	done
	equal "... while the ledger has its database open" ledger \
	    "$(holders "$STATE/ledger/ledger.db")"
	for name in signer ledger; do
		pid=$(child_of "$PID" $name)
		# AddressSanitizer makes mlock() do nothing.
		! grep -q libasan "/proc/$pid/maps" || continue
		check "$name: memory is locked" test \
		    "$(status "$pid" VmLck | tr -dc 0-9)" -gt 0
	done
else
	skip "keys and secrets in open files" "needs root"
fi

nobody() { setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }
if [ $root = yes ] && command -v setpriv >/dev/null; then
	for pid in $(child_of "$PID" signer) $(child_of "$PID" ledger); do
		exits 1 "$(cat "/proc/$pid/comm"): nobody else can open its memory" \
		    nobody head -c 0 "/proc/$pid/mem"
		uid=$(status "$pid" Uid | cut -f 1)
		exits 1 "$(cat "/proc/$pid/comm"): not even its own user can" \
		    setpriv --reuid "$uid" --regid "$uid" --clear-groups \
		    head -c 0 "/proc/$pid/mem"
	done
else
	skip "memory of signer and ledger" "needs root and setpriv"
fi
issuer_stop

# --- the collector, where it fetches ----------------------------------------------------

issuer fetching wrap_key --collateral-url http://127.0.0.1:9 || exit 1
collector=$(child_of "$PID" collector)
equal "with a source: seccomp filters the collector's calls" 2 \
    "$(status "$collector" Seccomp)"
equal "... no new privileges" 1 "$(status "$collector" NoNewPrivs)"
equal "... it has no socket that listens" 0 "$(sockets "$collector")"
if [ $root = yes ]; then
	check "... runs as a user of its own" test \
	    "$(status "$collector" Uid | cut -f 1)" -ge 60000
	equal "... no groups" "" "$(status "$collector" Groups | xargs)"
	equal "... no capabilities" 0000000000000000 \
	    "$(status "$collector" CapEff)"
fi
if [ $root = yes ] && command -v python3 >/dev/null; then
	equal "... and no key nor secret in its memory" "" \
	    "$(finds "$collector" big.bin little.bin root-big.bin \
		root-little.bin wrap_key)"
fi
issuer_stop
finish
