#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Malformed settings and policies: exit 2, with file and line.  More of them in
# tests/unit/test_config.c and test_policy_parse.c.
. "$(dirname "$0")/../lib.sh"

# malformed INPUT CODE LINE: the file bad.conf is on standard input; the same is
# refused by -t and by a start.
malformed() {
	cat >bad.conf
	refuses_to_start "$1" "^dci-issuer: $2: bad.conf:$3: " -t -c bad.conf
	LIST=no refuses_to_start "... at a start, too" \
	    "^dci-issuer: $2: bad.conf:$3: " -c bad.conf --sim sim
}

malformed "a setting that does not exist" config-unknown-key 1 \
    <<<'listn = "[::]:4433"'
malformed "a setting of another section" config-unknown-key 2 <<'END'
enclave "e" {
    listen = "[::]:4433"
}
END
malformed "a setting twice" config-repeated-key 3 <<'END'
workers = 1

workers = 2
END
malformed "two enclaves of one name" config-syntax 4 <<'END'
enclave "e" {
    mrsigner = any
}
enclave "e" {
    mrsigner = any
}
END
malformed "a section that does not end" config-syntax 3 <<'END'
enclave "e" {
    mrsigner = any
END
malformed "a string that does not end" config-syntax 2 <<'END'
workers = 1
state = "state
END
malformed "a variable of the shell in a value" config-syntax 1 \
    <<<'state = "${HOME}/state"'
head -c 1000 "$BIN/dci-issuer" |
    malformed "a file that is no text" config-syntax 1
malformed "an address without a port" config-value 1 <<<'listen = "127.0.0.1"'
malformed "a number with a leading zero" config-value 3 <<'END'


workers = 010
END
malformed "a number out of its bounds" config-value 1 \
    <<<'connections_per_address = 10001'
malformed "an enclave without a measurement" config-enclave 3 <<'END'
enclave "e" {
    isv_prod_id = 1
}
END
malformed "a measurement of 63 digits" config-value 2 <<END
enclave "e" {
    mrenclave = "${MRENCLAVE%?}"
}
END
malformed "any beside a measurement" config-value 2 <<END
enclave "e" {
    mrenclave = {any, "$MRENCLAVE"}
}
END
malformed "an SVN that is negative" config-value 3 <<'END'
enclave "e" {
    mrsigner = any
    min_isv_svn = -1
}
END
malformed "a TCB status that does not exist" config-value 3 <<'END'
enclave "e" {
    mrsigner = any
    tcb = {"UpToDate", "Fine"}
}
END
malformed "a TCB status that is never admitted" config-value 3 <<'END'
enclave "e" {
    mrsigner = any
    tcb = {"UpToDate", "Revoked"}
}
END
malformed "a ttl without a unit" config-value 3 <<'END'
enclave "e" {
    mrsigner = any
    ttl = 24
}
END
malformed "a ttl too short for a certificate" config-value 3 <<'END'
enclave "e" {
    mrsigner = any
    ttl = "5m"
}
END
malformed "debug = yes" config-value 3 <<'END'
enclave "e" {
    mrsigner = any
    debug = yes
}
END
{
	for i in $(seq 257); do
		echo "enclave \"$i\" { mrsigner = any }"
	done
} | malformed "257 enclaves" config-limit 258
head -c 2000000 /dev/zero | tr '\0' '#' >bad.conf
refuses_to_start "a file of 2 MB" "^dci-issuer: file-too-large: bad.conf" \
    -t -c bad.conf
finish
