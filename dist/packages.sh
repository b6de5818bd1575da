#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Installs what is missing of the packages that building, running and testing
# need (Debian 12). Where it may not install, it prints the command that would.
set -u

BUILD="gcc make pkg-config libc6-dev libssl-dev libevent-dev libjansson-dev
    libsqlite3-dev libseccomp-dev libconfuse-dev libcbor-dev libcurl4-openssl-dev
    openssl"
TEST="libcmocka-dev gnutls-bin curl jq xxd procps python3 mandoc strace
    valgrind"

missing=
for p in $BUILD $TEST; do
	case $(dpkg-query -W -f '${Status}' "$p" 2>/dev/null) in
	*" installed") ;;
	*) missing="$missing $p" ;;
	esac
done
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null; then
	echo "make deps: this is no Debian; install the like of:$missing" >&2
	exit 1
fi
sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
if [ -n "$sudo" ] && ! sudo -n true 2>/dev/null; then
	echo "make deps: not allowed to install packages. Please run:" >&2
	echo "    sudo apt-get install --no-install-recommends$missing" >&2
	exit 1
fi
echo "  APT    $missing"
export DEBIAN_FRONTEND=noninteractive
$sudo apt-get update -qq &&
    $sudo apt-get install -y -qq --no-install-recommends $missing >/dev/null
