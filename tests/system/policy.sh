#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Who gets a certificate: RA_TLS_* variables, enclave sections, reloads.
. "$(dirname "$0")/../lib.sh"

all=(RA_TLS_MRENCLAVE="$MRENCLAVE" RA_TLS_MRSIGNER="$MRSIGNER"
    RA_TLS_ISV_PROD_ID=1 RA_TLS_ISV_SVN=1)

# --- variables -------------------------------------------------------------------

issuer nobody DUMMY=1
said "no variables: it says at start that it refuses everyone" \
    "No enclave is configured, so every client is refused" "$LOG"
refused "no enclave configured" policy-empty client out1
issuer_stop

issuer exception RA_TLS_ALLOW_DEBUG_ENCLAVE_INSECURE=1
said "the exception warns at start" "level=warn .*ANY enclave gets a certificate" \
    "$LOG"
works "the exception admits"
said "... and warns at each issuance" "event=any-enclave-admitted" "$LOG"
evidence a --debug --mrenclave "$OTHER"
check "the exception admits a debug enclave" old a -- \
    tls request secret csr leaf close
issuer_stop
issuer exception2 RA_TLS_ALLOW_DEBUG_ENCLAVE_INSECURE=yes
exits 1 "only \"1\" makes the exception" client out1
issuer_stop

issuer four "${all[@]}"
works "the four variables with the enclave's values admit"
issuer_stop
issuer upper RA_TLS_MRENCLAVE="${MRENCLAVE^^}" RA_TLS_MRSIGNER=any \
    RA_TLS_ISV_PROD_ID=any RA_TLS_ISV_SVN=any
works "upper case, and the word any"
issuer_stop
i=0
for change in RA_TLS_MRENCLAVE="$OTHER:mrenclave-not-allowed" \
    RA_TLS_MRSIGNER="$OTHER:mrsigner-not-allowed" \
    RA_TLS_ISV_PROD_ID=2:isv-prod-id-not-allowed \
    RA_TLS_ISV_SVN=2:isv-svn-too-low; do
	i=$((i + 1))
	issuer "other$i" "${all[@]}" "${change%:*}"
	refused "an enclave with another value than ${change%%=*}" \
	    "${change##*:}" client out1
	issuer_stop
done
issuer debug "${all[@]}" RA_TLS_ALLOW_DEBUG_ENCLAVE_INSECURE=1
evidence a --debug
check "the four, debug allowed: a debug enclave is admitted" old a -- \
    tls request secret csr leaf close
issuer_stop

for missing in RA_TLS_MRENCLAVE RA_TLS_MRSIGNER RA_TLS_ISV_PROD_ID \
    RA_TLS_ISV_SVN; do
	three=()
	for v in "${all[@]}"; do [[ $v == $missing=* ]] || three+=("$v"); done
	refuses_to_start "three of the four RA_TLS variables, $missing missing" "env-incomplete: .*$missing" \
	    "${three[@]}" --sim sim
done
for bad in RA_TLS_ISV_PROD_ID=x RA_TLS_ISV_PROD_ID=65536 RA_TLS_ISV_PROD_ID=-1 \
    RA_TLS_ISV_SVN=1x RA_TLS_ISV_SVN=0x1 RA_TLS_ISV_SVN= "RA_TLS_ISV_SVN= 1" \
    RA_TLS_MRENCLAVE=abcd RA_TLS_MRSIGNER="${MRSIGNER}00" RA_TLS_MRENCLAVE=ANY; do
	refuses_to_start "${bad%%=*}=\"${bad#*=}\"" "env-malformed: .*${bad%%=*}" "${all[@]}" "$bad" \
	    --sim sim
done

# TCB: what each variable lets in.
tcb() { # FAULT VARIABLE... : y or n
	local fault=$1

	shift
	issuer "tcb$((i += 1))" "${all[@]}" "$@"
	evidence a --fault "$fault"
	if old a -- tls request secret csr leaf close >out 2>&1; then
		answer=y
	else
		answer=n
	fi
	issuer_stop
}
matrix() { # FAULT EXPECTED VARIABLE...
	local fault=$1 expected=$2

	shift 2
	tcb "$fault" "$@"
	equal "$fault with ${*:-nothing allowed}: $expected" "$expected" "$answer"
}
fault_of() { # VERDICT: the name of a fault of the quote with it
	"$BIN/dci-sim" faults |
	    awk -F '\t' -v v="$1" '$2 == v && $3 == "quote" { print $1; exit }'
}
out=RA_TLS_ALLOW_OUTDATED_TCB_INSECURE=1
hw=RA_TLS_ALLOW_HW_CONFIG_NEEDED=1
sw=RA_TLS_ALLOW_SW_HARDENING_NEEDED=1
matrix "$(fault_of OutOfDate)" n $hw $sw
matrix "$(fault_of OutOfDate)" y $out
matrix "$(fault_of ConfigurationNeeded)" n $out $sw
matrix "$(fault_of ConfigurationNeeded)" y $hw
matrix "$(fault_of SWHardeningNeeded)" n $out $hw
matrix "$(fault_of SWHardeningNeeded)" y $sw
matrix "$(fault_of ConfigurationAndSWHardeningNeeded)" n $hw $out
matrix "$(fault_of ConfigurationAndSWHardeningNeeded)" y $hw $sw
matrix "$(fault_of OutOfDateConfigurationNeeded)" n $out
matrix "$(fault_of OutOfDateConfigurationNeeded)" y $out $hw
matrix "$(fault_of Revoked)" n $out $hw $sw

# --- a file -------------------------------------------------------------------------

write_policy two.conf "min_isv_svn = 2"
cat >>two.conf <<END
enclave "second" {
    mrsigner = "$MRSIGNER"
    isv_prod_id = 7
    debug = true
}
END
issuer file "${all[@]}" -c two.conf
said "a file with enclaves wins over the variables, and says so" \
    "two.conf has enclave sections and wins" "$LOG"
exits 1 "min_isv_svn refuses" client out1
said "... with isv-svn-too-low" isv-svn-too-low
evidence a --isv-svn 2
check "the first entry admits" old a -- tls request secret csr leaf:a.der close
check "... and its name is the subject" sh -c \
    "openssl x509 -inform der -in a.der -noout -subject |
	grep -q 'CN = proxy-verifier\$'"
evidence a --isv-prod-id 7 --mrenclave "$OTHER" --debug
check "the second admits a debug enclave" old a -- tls request secret csr \
    leaf:b.der close
check "... and its name is the subject" sh -c \
    "openssl x509 -inform der -in b.der -noout -subject |
	grep -q 'CN = second\$'"
evidence a --isv-svn 2 --debug
LIST=no refused "a debug enclave of the first" debug-not-allowed \
    old a -- tls request secret
openssl x509 -inform der -in b.der -noout -text >text
said "with --sim the assurance is simulated, even of a debug enclave" \
    "1.3.6.1.4.1.32473.2.3" text

# --- reload ------------------------------------------------------------------------------

write_policy two.conf
kill -HUP "$PID"
check "HUP: a new policy is taken" wait_for 5 grep -q event=reloaded "$LOG"
works "... and admits"
cp two.conf good.conf
printf '\n\nenclave "x" {\n    mrenclave = "abc"\n}\n' >>two.conf
line=$(grep -n abc two.conf | cut -d : -f 1)
mark
kill -HUP "$PID"
check "HUP: an invalid file is refused with file and line" wait_for 5 logged \
    "event=not-reloaded .*two.conf:$line: "
works "... and the old policy stays"
write_policy two.conf "min_isv_svn = 9"
mark
kill -HUP "$PID"
check "HUP: a third policy is taken" wait_for 5 logged event=reloaded
exits 1 "... and refuses" client out1
mark
for n in 1 2 3 4 5 6 7 8 9 10; do kill -HUP "$PID"; done
cp good.conf two.conf
kill -HUP "$PID"
wait_for 5 logged event=reloaded
sleep 0.5
works "many HUPs in a row: the last policy counts"
cp good.conf two.conf
echo 'listen = "127.0.0.1:1"' >>two.conf
kill -HUP "$PID"
sleep 0.5
works "HUP: a setting for the start only changes nothing"
sed '/^enclave/,/^}/d' good.conf >two.conf
mark
kill -HUP "$PID"
check "HUP: a file without its enclaves is refused" wait_for 5 logged \
    "event=not-reloaded code=reload-refused"
works "... and the old policy stays"
cp good.conf two.conf
printf 'tls { key = "nowhere" }\n' >>two.conf
mark
kill -HUP "$PID"
check "HUP: another TLS key is for the next start" wait_for 5 logged \
    "tls key has changed"
kill -9 $(child_of "$PID" "worker.*")
sleep 0.5
check "... so workers that die come back" wait_for 5 client out2
rm two.conf
mark
kill -HUP "$PID"
check "HUP: a file that is gone is refused" wait_for 5 logged event=not-reloaded
works "... and the old policy stays"
check "HUP ends no process" test -z \
    "$(grep process-ended "$LOG" | grep -v -e worker -e appraiser)"
issuer_stop

cp -r sim/collateral collateral
issuer collateral --collateral collateral
works "collateral of a folder"
cp sim/faults/revoked-pck/* collateral/
mark
kill -HUP "$PID"
wait_for 5 logged event=reloaded
exits 1 "HUP reads collateral again: a revoked PCK is refused" client out1
said "... with pck-revoked" pck-revoked
cp sim/collateral/* collateral/
mark
kill -HUP "$PID"
wait_for 5 logged event=reloaded
works "HUP: good collateral again"
truncate -s 300 collateral/tcb_info.json
mark
kill -HUP "$PID"
check "HUP: collateral that is cut off is refused" wait_for 5 logged \
    "event=not-reloaded code=tcb-info-"
works "... and what was there stays in use"
issuer_stop

# --- evidence binding -----------------------------------------------------------------------

{
	cat policy.conf
	echo "require_evidence_binding = true"
} >binding.conf
issuer binding -c binding.conf
works "require_evidence_binding admits dci-client"
evidence a
refused "require_evidence_binding and a client without dci-csr-key" \
    evidence-binding-required old a -- tls request secret
issuer_stop

# --- faults of collateral ----------------------------------------------------------------------

while IFS=$'\t' read -r name verdict place _; do
	[ "$place" = collateral ] || continue
	case $verdict in Invalid | Revoked) ;; *) continue ;; esac
	case $name in *root* | *expired* | *signature*) ;; *) continue ;; esac
	issuer "fault-$name" --collateral "sim/faults/$name"
	exits 1 "collateral with fault $name refuses" client out1
	issuer_stop
done < <("$BIN/dci-sim" faults)

finish
