# SPDX-License-Identifier: BSD-3-Clause
# What the benchmarks of the issuer have in common: a temporary folder with a
# simulated platform and a TLS identity, and an issuer on a free port.

folder=$(mktemp -d)
running= # process ids

finish() {
	for pid in $running; do
		kill "$pid" 2>/dev/null || :
		wait "$pid" 2>/dev/null || :
	done
	rm -rf "$folder"
}
trap finish EXIT
trap 'exit 1' INT TERM

# Enters the folder.
bench_begin() {
	cd "$folder"
	"$build/bin/dci-sim" init sim >init.log 2>&1 || { cat init.log; exit 1; }
	mkdir ssl
	{
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 \
		    -nodes -keyout ssl/ca.key -out ssl/ca.crt \
		    -subj "/CN=bench CA" -days 2
		openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		    -keyout ssl/server.key -out server.csr -subj "/CN=localhost"
		echo "subjectAltName=DNS:localhost,IP:127.0.0.1" >extensions
		openssl x509 -req -in server.csr -CA ssl/ca.crt \
		    -CAkey ssl/ca.key -CAcreateserial -days 2 \
		    -extfile extensions -out ssl/server.crt
	} >openssl.log 2>&1 || { cat openssl.log; exit 1; }
	cat >issuer.conf <<-END
		connections_per_address = 10000
		enclave "bench" {
		    mrenclave = any
		    mrsigner = any
		}
	END
}

# listens LOG: waits for a service whose port the system has chosen, as its log
# says; sets port.
listens() {
	for i in $(seq 40); do
		sleep 0.25
		port=$(sed -n 's/.*event=listening .*port=\([0-9]*\).*/\1/p' "$1")
		[ -z "$port" ] || return 0
	done
	cat "$1"
	exit 1
}

# issuer FLAG...: starts it; sets issuer (its process id) and port.
issuer() {
	"$build/bin/dci-issuer" -c issuer.conf -l 127.0.0.1:0 -s state \
	    --sim sim "$@" 2>issuer.log &
	issuer=$!
	running="$running $issuer"
	listens issuer.log
}

# value FILE NAME
value() {
	awk -v name="$2" '$1 == name { print $2 }' "$1"
}
