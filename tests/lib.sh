# SPDX-License-Identifier: BSD-3-Clause
# What the system and interop tests have in common.  A test begins with
#
#	. "$(dirname "$0")/../lib.sh"
#
# and ends with `finish`.  It then runs alone, in a temporary folder of its own
# that holds a TLS identity (ssl/) and a simulated platform (sim/), and prints
# "ok N - TEXT" and "not ok N - TEXT" lines.  BUILD chooses the build.

set -u
set +m # no messages about background jobs
LIB_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
BUILD=$(cd "$LIB_ROOT" && realpath "${BUILD:-build}")
BIN=$BUILD/bin
TEST=$(basename "$(dirname "$(realpath "$0")")")/$(basename "$0")
export LC_ALL=C TZ=UTC
unset "${!RA_TLS_@}"
# LeakSanitizer needs ptrace, which a locked-in process must not have.
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=0}

WORK=$(mktemp -d "${TMPDIR:-/tmp}/dci-test.XXXXXX")
tests_run=0 tests_failed=0 tests_skipped=0
issuers=() # process ids of issuers that may be running
others=()  # and of other programs in the background

clean_up() {
	local pid

	for pid in "${issuers[@]}" "${others[@]}"; do
		kill -9 "$pid" 2>/dev/null && wait "$pid" 2>/dev/null
	done
	cd /
	[ -n "${KEEP:-}" ] && echo "# kept $WORK" || rm -rf "$WORK"
}
trap clean_up EXIT
trap 'exit 1' INT TERM
cd "$WORK" || exit 1

# --- results ---------------------------------------------------------------

# pass TEXT, fail TEXT [EXPLANATION]
pass() {
	tests_run=$((tests_run + 1))
	echo "ok $tests_run - $1"
}

fail() {
	tests_run=$((tests_run + 1))
	tests_failed=$((tests_failed + 1))
	echo "not ok $tests_run - $1"
	[ -z "${2:-}" ] || sed 's/^/# /' <<<"$2"
}

skip() { # TEXT REASON
	tests_run=$((tests_run + 1))
	tests_skipped=$((tests_skipped + 1))
	echo "ok $tests_run - $1 # SKIP $2"
}

# exits STATUS TEXT COMMAND...: output in $WORK/out.
exits() {
	local wanted=$1 text=$2 status=0

	shift 2
	"$@" >"$WORK/out" 2>&1 || status=$?
	if [ "$status" = "$wanted" ]; then
		pass "$text"
	else
		fail "$text" "exit $status, not $wanted: $*
$(tail -n 20 "$WORK/out")"
	fi
}

check() { exits 0 "$@"; } # TEXT COMMAND...

# has_line PATTERN FILE [LINES]: as grep -q -E, after so many lines.  A short file
# takes no process of its own: this is asked very often, and starting a program
# costs more than what most of the tests are about.
has_line() {
	local lines line

	mapfile -t -s "${3:-0}" lines <"$2"
	[ ${#lines[@]} -le 200 ] || {
		printf '%s\n' "${lines[@]}" | grep -q -E -e "$1"
		return
	}
	for line in "${lines[@]}"; do
		[[ $line =~ $1 ]] && return
	done
	return 1
}

# said TEXT PATTERN [FILE]: the last output, or that file, has such a line.
said() {
	local file=${3:-$WORK/out}

	if has_line "$2" "$file"; then
		pass "$1"
	else
		fail "$1" "no line matches: $2
$(tail -n 20 "$file")"
	fi
}

# equal TEXT EXPECTED FOUND
equal() {
	if [ "$2" = "$3" ]; then
		pass "$1"
	else
		fail "$1" "expected: $2
found:    $3"
	fi
}

finish() {
	# The sanitizers' reports are in the logs of processes that they ended.
	if grep -q -s -E 'Sanitizer|runtime error:' ./*.log; then
		fail "no report of a sanitizer" \
		    "$(grep -h -A 20 -E 'Sanitizer|runtime error:' ./*.log |
			head -n 60)"
	fi
	table_check
	echo "1..$tests_run"
	[ "$tests_failed" = 0 ]
	exit
}

# --- the table of what is refused -----------------------------------------------

# tests/README.md has a row for each input that is refused: what it is, the code,
# the sentence that the operator reads, the test.  It is compared here with what
# the programs say, so that it cannot go stale; tests/refusals.sh writes it anew.
ROWS=$WORK/table.rows

# row INPUT CODE SENTENCE.  Inputs that begin with "..." go on from the one before,
# and LIST=no keeps out what is there already.
row() {
	[[ $1 != ...* && ${LIST:-yes} = yes ]] || return 0
	printf '| %s | %s | %s | %s |\n' "${1//|/\\|}" "$2" "${3//|/\\|}" \
	    "$TEST" >>"$ROWS"
}

# What differs from run to run.
blot_out() {
	sed -E -i -e "s,$WORK/,,g" -e 's/[0-9a-f]{64}/HEX/g' \
	    -e 's/20[0-9]{2}-[0-9-]{5}T[0-9:]{8}Z/TIME/g' \
	    -e 's/30 days [0-9]+ (seconds?|minutes?)/30 days/g' \
	    -e 's/(127\.0\.0\.1):[0-9]{5}/\1:PORT/g' \
	    -e 's/(certificate of|request of|remaining|chain has) [0-9]+ bytes/\1 N bytes/g' \
	    "$ROWS"
}

table_check() {
	local listed

	# Of the tests that the table is made from.
	[ -s "$ROWS" ] && grep -q -w "${TEST%.sh}" \
	    "$LIB_ROOT/tests/refusals.sh" || return 0
	blot_out
	if [ -n "${TABLE:-}" ]; then
		awk '!seen[$0]++' "$ROWS" >"$TABLE/${TEST//\//.}"
		return
	fi
	listed=$(grep -F "| $TEST |" "$LIB_ROOT/tests/README.md" | sort -u)
	equal "what is refused is in tests/README.md, in the same words (else run tests/refusals.sh)" \
	    "" "$(sort -u "$ROWS" | comm -23 - <(echo "$listed"))"
	[ $tests_failed = 0 ] && [ $tests_skipped = 0 ] || return
	equal "... which has nothing else from here" "" \
	    "$(sort -u "$ROWS" | comm -13 - <(echo "$listed"))"
}

# --- waiting -----------------------------------------------------------------

# wait_for SECONDS COMMAND...: until it succeeds.
wait_for() {
	local end=$((${EPOCHREALTIME/./} + $1 * 1000000))

	shift
	until "$@" >/dev/null 2>&1; do
		[ "${EPOCHREALTIME/./}" -lt "$end" ] || return 1
		pause
	done
}

# A twentieth of a second, without a process.
exec {IDLE}<> <(:)
pause() { read -r -t 0.05 -u "$IDLE" || true; }

milliseconds() { echo $((${EPOCHREALTIME/./} / 1000)); }

# Without a process of its own: this is asked many times a second.
alive() {
	local stat

	{ read -r stat <"/proc/$1/stat"; } 2>/dev/null &&
	    [[ ${stat##*) } != Z* ]]
}
dead() { ! alive "$1"; }
all_dead() {
	local pid

	for pid in "$@"; do
		alive "$pid" && return 1
	done
	return 0
}

# --- what the programs need ------------------------------------------------------

# ssl_make FOLDER ARGUMENTS-OF-NEWKEY...: an identity as make leaves it.
ssl_make() {
	local folder=$1

	shift
	mkdir -p "$folder"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	    -keyout "$folder/ca.key" -out "$folder/ca.crt" -days 30 \
	    -subj "/CN=Test TLS CA" \
	    -addext keyUsage=critical,keyCertSign 2>/dev/null
	ssl_server "$folder" ca "$@"
}

# ssl_server FOLDER ISSUER ARGUMENTS-OF-NEWKEY...
ssl_server() {
	local folder=$1 issuer=$2

	shift 2
	openssl req -newkey "$@" -nodes -keyout "$folder/server.key" \
	    -out "$folder/server.csr" -subj "/CN=localhost" 2>/dev/null
	openssl x509 -req -in "$folder/server.csr" -days 30 \
	    -CA "$folder/$issuer.crt" -CAkey "$folder/$issuer.key" \
	    -CAcreateserial -out "$folder/server.crt" -extfile \
	    <(echo "subjectAltName=DNS:localhost,IP:127.0.0.1") 2>/dev/null
	chmod 600 "$folder/server.key"
}

MRENCLAVE=$(printf 'SIMULATED MRENCLAVE' | sha256sum | cut -c1-64)
MRSIGNER=$(printf 'SIMULATED MRSIGNER' | sha256sum | cut -c1-64)
OTHER=$(printf 'another' | sha256sum | cut -c1-64)

# The policy of most tests: the simulated enclave by its measurement.
write_policy() { # FILE [MORE KEYS OF THE ENTRY]
	cat >"$1" <<-END
		enclave "proxy-verifier" {
		    mrenclave = "$MRENCLAVE"
		    ${2:-}
		}
	END
}

ssl_make ssl ec -pkeyopt ec_paramgen_curve:P-256
"$BIN/dci-sim" init sim >/dev/null || exit 1
write_policy policy.conf

# --- issuers -------------------------------------------------------------------------

AS=() # what the issuer is started by, if not directly

# issuer NAME [VARIABLE=VALUE...] [FLAG...]: starts it on a free port, with
# state in NAME.state and its log in NAME.log, and waits until it listens.
# Sets PID, PORT, LOG, STATE.  Without -c it gets policy.conf, unless variables
# are given.
issuer() {
	local name=$1 variables=() flags=()

	shift
	while [[ ${1:-} == *=* && ${1:-} != -* ]]; do
		variables+=("$1")
		shift
	done
	[ ${#variables[@]} -gt 0 ] || [[ " $* " == *" -c "* ]] ||
	    flags=(-c policy.conf)
	LOG=$WORK/$name.log
	STATE=$WORK/$name.state
	: >>"$LOG"
	local begin
	begin=$(wc -l <"$LOG")
	"${AS[@]}" env "${variables[@]}" "$BIN/dci-issuer" "${flags[@]}" --sim sim \
	    -s "$STATE" -l "${ADDRESS:-127.0.0.1}:${LISTEN:-0}" "$@" 2>>"$LOG" &
	PID=$!
	issuers+=("$PID")
	wait_for 20 issuer_settled "$begin"
	PORT=$(tail -n "+$((begin + 1))" "$LOG" |
	    sed -n -E 's/.*listening.*port"?[=:]([0-9]+).*/\1/p' | tail -n 1)
	if [ -z "$PORT" ]; then
		echo "# the issuer $name does not listen:"
		sed 's/^/# /' "$LOG"
		return 1
	fi
}

issuer_settled() {
	has_line 'event"?[=:]"?listening' "$LOG" "$1" || dead "$PID"
}

# Ends the issuer PID; its exit code is in STATUS.
issuer_stop() {
	kill -TERM "$PID"
	STATUS=0
	wait "$PID" || STATUS=$?
	forget "$PID"
}

# Kills the issuer PID outright.
issuer_kill() {
	{
		kill -9 "$PID"
		wait "$PID"
	} 2>/dev/null
	forget "$PID"
}

forget() { # PID
	local kept=() pid

	for pid in "${issuers[@]}"; do
		[ "$pid" = "$1" ] || kept+=("$pid")
	done
	issuers=("${kept[@]}")
}

# complaint: CODE SENTENCE of an issuer that did not start; the remedy may have a
# line of its own.
complaint() {
	awk '/^dci-issuer: [a-z0-9-]+: / { said = substr($0, 13); sub(/:/, "", said) }
	    / event=start-failed code=/ {
		said = $0
		sub(/.* code=/, "", said); sub(/ reason="/, " ", said)
		sub(/"$/, "", said); gsub(/\\"/, "\"", said)
	    }
	    /^  / && said { said = said (said ~ /[.]$/ ? " " : ". ") substr($0, 3) }
	    END { print said }' "$WORK/out"
}

# refuses_to_start TEXT PATTERN [VARIABLE=VALUE...] FLAG...: exit 2, and says
# why.  State in refused.state unless -s is among the flags.
refuses_to_start() {
	local text=$1 pattern=$2 variables=() said

	shift 2
	while [[ ${1:-} == *=* && ${1:-} != -* ]]; do
		variables+=("$1")
		shift
	done
	[[ " $* " == *" -s "* ]] || set -- -s refused.state "$@"
	[[ " $* " == *" -l "* ]] || set -- -l 127.0.0.1:0 "$@"
	local status=0
	timeout 20 env "${variables[@]}" "$BIN/dci-issuer" "$@" \
	    >"$WORK/out" 2>&1 </dev/null || status=$?
	if [ "$status" = 2 ] && has_line "$pattern" "$WORK/out"; then
		pass "$text"
		said=$(complaint)
		row "$text" "${said%% *}" "${said#* }"
	else
		fail "$text" "exit $status, expected 2 and: $pattern
$(tail -n 20 "$WORK/out")"
	fi
}

# children_of PID: of a process with one thread.
children_of() {
	local children=

	if [ -e "/proc/$$/task/$$/children" ]; then
		# The list ends without a newline: read fails, and has read it.
		{ read -r children <"/proc/$1/task/$1/children"; } 2>/dev/null
		[ -z "$children" ] || printf '%s\n' $children
	else
		grep -s -l "^PPid:[[:space:]]*$1\$" /proc/[0-9]*/status |
		    sed 's,/proc/\([0-9]*\)/.*,\1,'
	fi
}

# child_of PID NAME: the process ids of its children with that name.
child_of() {
	local pid

	for pid in $(children_of "$1"); do
		case $(cat "/proc/$pid/comm" 2>&1) in
		$2) echo "$pid" ;;
		esac
	done
}

# --- clients ---------------------------------------------------------------------------

# client OUTPUT-FOLDER [FLAG...]
client() {
	local folder=$1

	shift
	timeout 60 "$BIN/dci-client" --issuer "localhost:$PORT" --sim sim \
	    -o "$folder" "$@"
}

# evidence NAME [OPTION...]: NAME.key and NAME.crt for old().
evidence() {
	local name=$1

	shift
	"$BUILD/interop/make_ratls" "$@" sim "$name"
}

# old NAME [FLAG...] -- [STEP...]: old_client with that evidence.
old() {
	local name=$1 flags=()

	shift
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		flags+=("$1")
		shift
	done
	shift
	timeout 60 "$BUILD/interop/old_client" -a ssl/ca.crt -c "$name.crt" \
	    -k "$name.key" "${flags[@]}" localhost "$PORT" "$@"
}

# background NAME OUTPUT STEP...: the same, not waited for; its id is in HUNG,
# and killing that ends it.  Step "touch:ready" tells when it is where it should
# be; see arrived.
background() {
	local name=$1 output=$2

	shift 2
	rm -f ready
	(exec "$BUILD/interop/old_client" -a ssl/ca.crt -c "$name.crt" \
	    -k "$name.key" localhost "$PORT" "$@") >"$output" 2>&1 &
	HUNG=$!
	others+=("$HUNG")
}
arrived() { wait_for 5 test -e ready; }

# Lines of the issuer's log that were not there at the last mark.
mark() {
	local lines

	mapfile -t lines <"$LOG"
	MARK=${#lines[@]}
}
since() { tail -n "+$((${MARK:-0} + 1))" "$LOG"; }
logged() { has_line "$1" "$LOG" "${MARK:-0}"; }

# reason CODE: CODE SENTENCE of the last client that was refused with that code.
reason() {
	since | sed -n -E "/event=refused .*code=($1) reason=/ {
		s/.*code=($1) reason=\"(.*)\"\$/\\1 \\2/
		s/\\\\\"/\"/g
		h
	    }
	    \$ { g; p }"
}

# refused TEXT CODE COMMAND...: the command fails and the issuer logs a refusal
# with that code.
refused() {
	local text=$1 code=$2 status=0 said

	shift 2
	mark
	"$@" >"$WORK/out" 2>&1 || status=$?
	if [ "$status" = 0 ]; then
		fail "$text: $code" "was not refused: $*"
	elif wait_for 3 logged "event=refused .*code=$code "; then
		said=$(reason "$code")
		pass "$text: ${said%% *}"
		row "$text" "${said%% *}" "${said#* }"
	else
		fail "$text: $code" "expected the code $code, exit $status
$(cat "$WORK/out")
$(since)"
	fi
}

# works TEXT: an enrolment succeeds now.
works() { check "$1" client "$WORK/works"; }

processors() { nproc; }
