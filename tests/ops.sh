# SPDX-License-Identifier: BSD-3-Clause
# What the tests of operations add to lib.sh: commands whose output, errors and
# status are looked at one by one.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
TOP=$LIB_ROOT

# ok TEXT COMMAND...: what explains a failure is shown.
ok() {
	local text=$1

	shift
	if "$@" >ok.out 2>&1; then
		pass "$text"
	else
		fail "$text" "$(tail -n 8 ok.out)
$(cat out err 2>/dev/null | tail -n 12)"
	fi
}

# run COMMAND...: its output in out and err, its status in $status.
run() {
	status=0
	"$@" >out 2>err || status=$?
}

# ended STATUS: the last command did so.
ended() { [ "$status" = "$1" ] || { echo "exit $status, not $1" && false; }; }

# Its output has such a line; it has none, but says that on standard error.
says() { grep -q -e "$1" out; }
complains() { [ ! -s out ] && grep -q -e "$1" err; }

dci() { run "$BIN/dci" "$@"; }

# issuer_start NAME: the state folder is NAME, too.
issuer_start() {
	ln -sfn "$1.state" "$1"
	issuer "$1"
}

issuer_ends() {
	issuer_stop
	[ "$STATUS" = 0 ]
}
