# SPDX-License-Identifier: BSD-3-Clause
# What the tests of operations have in common: TAP lines, a temporary folder
# with a TLS identity (ssl/) and a simulated platform (sim/), an issuer on a
# free port.  BUILD chooses the build.
set -u
set +m
TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
BUILD=$(cd "$TOP" && realpath "${BUILD:-build}")
BIN=$BUILD/bin
export LC_ALL=C TZ=UTC ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=0}
unset "${!RA_TLS_@}"
WORK=$(mktemp -d "${TMPDIR:-/tmp}/dci-ops.XXXXXX") || exit 1
count=0 failed=0 issuer=

clean_up() {
	[ -z "$issuer" ] || { kill -9 "$issuer"; wait "$issuer"; } 2>/dev/null
	cd / && rm -rf "$WORK"
}
trap clean_up EXIT
trap 'exit 1' INT TERM
cd "$WORK" || exit 1

# ok TEXT COMMAND...: its output is shown only where it fails.
ok() {
	local text=$1

	shift
	count=$((count + 1))
	if "$@" >ok.out 2>&1; then
		echo "ok $count - $text"
	else
		failed=$((failed + 1))
		echo "not ok $count - $text"
		sed 's/^/# /' ok.out | tail -n 8
		[ ! -s out ] || sed 's/^/# out: /' out | tail -n 8
		[ ! -s err ] || sed 's/^/# err: /' err | tail -n 8
	fi
}

# run COMMAND...: its output in out and err, its status in $status.
run() {
	status=0
	"$@" >out 2>err || status=$?
}

# exits STATUS: the last command ended so.
exits() { [ "$status" = "$1" ] || { echo "exit $status, not $1" && false; }; }

finish() {
	echo "1..$count"
	[ "$failed" = 0 ]
	exit
}

platform() {
	"$TOP/dist/tls-identity.sh" ssl && "$BIN/dci-sim" init sim >/dev/null
}

# issuer_start STATE: $port is where it listens.  Its children say that they
# are ready before the line comes.
issuer_start() {
	cat >issuer.conf <<-EOF
		listen = "127.0.0.1:0"
		state = "$1"
		workers = 1
		enclave "proxy-verifier" {
		    mrenclave = "aaa5aa2043f7d401699f9e9dbf517b677a715d450342ad871581bb5aa949c25a"
		    tcb = {"UpToDate"}
		}
	EOF
	"$BIN/dci-issuer" -c issuer.conf --sim sim >issuer.log 2>&1 &
	issuer=$!
	for _ in $(seq 300); do
		port=$(sed -n 's/.*event=listening .*port=\([0-9]*\).*/\1/p' issuer.log)
		[ -z "$port" ] || return 0
		kill -0 "$issuer" 2>/dev/null || break
		sleep 0.1
	done
	sed 's/^/# /' issuer.log
	return 1
}

issuer_stop() {
	kill "$issuer" && wait "$issuer"
	local ended=$?
	issuer=
	return $ended
}

enrol() { # FOLDER
	"$BIN/dci-client" --issuer "localhost:$port" --ca ssl/ca.crt --sim sim \
	    -o "$1"
}
