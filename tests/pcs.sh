# SPDX-License-Identifier: BSD-3-Clause
# What the tests that need a provisioning certification service have in common,
# on top of lib.sh: dci-sim pcs, and curl as its client.

# pcs NAME [OPTION...]: serves sim/ on a free port, with its log in NAME.log.
# Sets PCS (its process id), URL, LOG.
pcs() {
	local port scheme

	LOG=$WORK/$1.log
	"$BIN/dci-sim" pcs sim --listen 127.0.0.1:0 "${@:2}" 2>"$LOG" &
	PCS=$!
	others+=("$PCS")
	wait_for 10 grep -q event=listening "$LOG"
	port=$(sed -n 's/.*event=listening.* port=\([0-9]*\).*/\1/p' "$LOG")
	scheme=$(sed -n 's/.*event=listening.* scheme=\([a-z]*\) .*/\1/p' "$LOG")
	URL=$scheme://127.0.0.1:$port
	[ -n "$port" ] || {
		echo "# dci-sim pcs does not listen:"
		sed 's/^/# /' "$LOG"
		return 1
	}
}

# pcs_stop SIGNAL: its exit code is in STATUS.
pcs_stop() {
	kill "-$1" "$PCS"
	STATUS=0
	wait "$PCS" || STATUS=$?
}

# faults SWITCH...: instead of those that are in force; pcs_time TIME.
faults() { curl -sf -d "$*" "$URL/sim/faults" >/dev/null; }
pcs_time() { curl -sf -d "$1" "$URL/sim/time" >/dev/null; }

# header NAME: of the last answer.
header() { tr -d '\r' <headers | sed -n "s/^$1: //Ip" | tail -n 1; }

# get NAME CURL'S-ARGUMENTS...: the answer in body and headers, its code in
# $status, and the issuer chain that the header NAME has, if not empty, in
# chain.pem.
get() {
	rm -f body headers chain.pem
	status=$(curl -s -m "${SECONDS_MAX:-30}" -D headers -o body -w '%{http_code}' "${@:2}")
	CURL=$?
	[ -e body ] || : >body
	[ -z "$1" ] || header "$1" | sed 's/%/\\x/g' | xargs -0 printf %b >chain.pem
}
field() { jq -r "$1" body; } # FILTER: of the body

# crl_verifies FORM CA: the body is a list that the first certificate of the
# chain, that of such a CA, has signed.
crl_verifies() {
	openssl crl -inform "$1" -in body -CAfile chain.pem -noout 2>&1 |
	    grep '^verify OK' &&
	    openssl crl -inform "$1" -in body -issuer -noout | grep -i "$2 CA"
}

# fetch FOLDER FMSPC CA [PARAMETERS]: collateral as dci verify-quote reads it.
fetch() {
	local api=$URL/sgx/certification/v4 more=${4:-}

	mkdir -p "$1"
	get TCB-Info-Issuer-Chain "$api/tcb?fmspc=$2${more:+&$more}"
	mv body "$1/tcb_info.json"
	mv chain.pem "$1/tcb_info_issuer_chain.pem"
	get SGX-Enclave-Identity-Issuer-Chain "$api/qe/identity${more:+?$more}"
	mv body "$1/qe_identity.json"
	mv chain.pem "$1/qe_identity_issuer_chain.pem"
	get SGX-PCK-CRL-Issuer-Chain "$api/pckcrl?ca=$3&encoding=der"
	mv body "$1/pck_crl.der"
	mv chain.pem "$1/pck_crl_issuer_chain.pem"
	get "" "$URL/IntelSGXRootCA.der"
	mv body "$1/root_ca_crl.der"
}
