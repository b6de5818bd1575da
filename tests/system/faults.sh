#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Every fault that dci-sim can make, from end to end: in the quote by way of
# dci-client --fault, in the collateral by way of an issuer that has it.  Each
# gives its code, to the client and in the log.
. "$(dirname "$0")/../lib.sh"

declare -A code=(
	[bad-signature]=quote-signature-invalid
	[bad-qe-report]=qe-report-signature-invalid
	[bad-qe-hash]=qe-report-data-mismatch
	[bad-qe-identity]=qe-report-mismatch
	[qe-debug]=qe-report-mismatch
	[qe-out-of-date]=tcb-status-not-allowed
	[qe-revoked]=qe-revoked
	[qe-not-supported]=qe-not-supported
	[revoked-pck]=pck-revoked
	[revoked-ca]=pck-intermediate-revoked
	[revoked-tcb-signer]=tcb-signer-revoked
	[expired-tcb-info]=tcb-info-expired
	[expired-qe-identity]=qe-identity-expired
	[expired-crl]=pck-crl-expired
	[expired-root-crl]=root-crl-expired
	[expired-tcb-signer]=tcb-info-chain-expired
	[expired-pck]=pck-chain-expired
	[not-yet-valid]=tcb-info-not-yet-valid
	[not-yet-valid-pck]=pck-chain-not-yet-valid
	[tcb-out-of-date]=tcb-status-not-allowed
	[sw-hardening]=tcb-status-not-allowed
	[config-needed]=tcb-status-not-allowed
	[config-and-sw-hardening]=tcb-status-not-allowed
	[out-of-date-config-needed]=tcb-status-not-allowed
	[tcb-revoked]=tcb-revoked
	[tcb-not-supported]=tcb-not-supported
	[wrong-fmspc]=tcb-info-mismatch
	[wrong-root]=pck-root-untrusted
	[wrong-tcb-signature]=tcb-info-signature-invalid
	[wrong-qe-identity-signature]=qe-identity-signature-invalid
	[wrong-crl-signature]=pck-crl-signature-invalid
	[truncated]=quote-malformed
	[padded]=ok
	[trailing-junk]=quote-trailing-bytes
	[debug]=debug-not-allowed
)

equal "each fault is in the table, and nothing else" \
    "$("$BIN/dci-sim" faults | cut -f 1 | sort)" \
    "$(printf '%s\n' "${!code[@]}" | sort)"

# told NAME CODE [FLAG...]: what the client is told and the log says.
told() {
	local name=$1 wanted=$2

	shift 2
	refused "dci-sim fault $name" "$wanted" client none "$@"
	said "... says the client" "^dci-client: refused by .*: $wanted [A-Z]"
}
faults() { "$BIN/dci-sim" faults | awk -F '\t' -v p="$1" '$3 == p { print $1 }'; }

issuer quotes || exit 1
for name in $(faults quote); do
	if [ "${code[$name]:-}" = ok ]; then
		check "$name: harmless" client "out.$name" --fault "$name"
	else
		told "$name" "${code[$name]:-none}" --fault "$name"
	fi
done
works "after all these an enrolment works"
issuer_stop

for name in $(faults collateral); do
	issuer "with-$name" --collateral "sim/faults/$name" || continue
	told "$name" "${code[$name]:-none}"
	issuer_stop
done
equal "nobody who was refused got anything" "" "$(ls none 2>/dev/null)"
finish
