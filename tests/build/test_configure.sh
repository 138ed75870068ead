#!/bin/sh
# test_configure.sh - configure and the make file as a packager meets them.   # timeout: 120
set -u
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
CC=${CC:-gcc}; export CC
unset MAKEFLAGS MFLAGS CFLAGS LDFLAGS
t() { # what, status of the last command
    if [ "$2" = 0 ]; then echo "ok - $1"; else echo "not ok - $1"; sed 's/^/# /' "$work/said" | tail -n 15; fi
}
has() { grep -qF -- "$1" "$work/said"; }
cd "$work" || exit 1

for shell in dash 'bash --posix'; do
    mkdir -p "a $$" b && cd b || exit 1
    # shellcheck disable=SC2086
    $shell "$HL_SRC/configure" --prefix=/opt/x --host= --infodir=/y --disable-silent-rules --disable-dependency-tracking \
        --build=x86_64-linux-gnu --runstatedir=/run >"$work/said" 2>&1
    t "configure runs under $shell and takes what Debian passes" $?
    cd ..
done
grep -qF 'libdir=${exec_prefix}/lib' b/libhotline.pc; t "directories stay unexpanded in libhotline.pc" $?
(cd "a $$" && "$HL_SRC/configure") >said 2>&1; [ $? != 0 ] && has 'blanks'; t "a blank in the path stops configure" $?
(cd b && "$HL_SRC/configure" --enable-wings) >said 2>&1 && has "warning: no feature is called 'wings'"; t "an unknown feature warns" $?
(cd b && "$HL_SRC/configure" --with-wings) >said 2>&1; [ $? != 0 ] && has "no part is called 'wings'"; t "an unknown part is an error" $?
(cd b && "$HL_SRC/configure" --wings=1) >said 2>&1; [ $? != 0 ] && has "unknown option"; t "an unknown option is an error" $?
mkdir c && (cd c && PKG_CONFIG_LIBDIR=/nowhere "$HL_SRC/configure") >said 2>&1; [ $? != 0 ] && has "'jansson'"
t "a library that is missing is named" $?
"$HL_SRC/configure" --help >said 2>&1; has '--with-sqlite' && has '--enable-coverage' && has '--localstatedir'; t "--help lists all" $?
mkdir d && (cd d && CFLAGS='-O1 -DMINE' "$HL_SRC/configure" --without-postgres --prefix=/p && cp Makefile ../M &&
    echo '#' >>Makefile && env -u CFLAGS ./config.status && cmp Makefile ../M) >said 2>&1
t "config.status repeats arguments and environment" $?
grep -q 'HL__WITH_POSTGRES' d/config.h; [ $? = 1 ]; t "a part left out is not in config.h" $?
mkdir e && (cd e && command -v clang >/dev/null && CC=clang "$HL_SRC/configure" --enable-sanitizers) >said 2>&1
t "clang with sanitizers configures" $?

make -s -C "$HL_BUILD" install DESTDIR="$work/root" >said 2>&1; t "make install" $?
prefix=$(sed -n 's/^prefix := //p' "$HL_BUILD/Makefile"); at=$work/root$prefix
cat >use.c <<'C'
#include <hotline.h>
#include <stdio.h>
int main(void) { return printf("%s\n", hl_strerror(HL_ENOENT)) < 0; }
C
export PKG_CONFIG_PATH="$at/lib/pkgconfig" PKG_CONFIG_SYSROOT_DIR="$work/root"
# shellcheck disable=SC2046
$CC -o use use.c $(pkg-config --cflags --libs libhotline) >said 2>&1 && LD_LIBRARY_PATH="$at/lib" ./use >>said 2>&1 && has 'no such object'
t "a program is built against what was installed and runs" $?
[ "$(readelf -d "$at/lib/libhotline.so" | sed -n 's/.*soname: \[\(.*\)\]/\1/p')" = libhotline.so.0 ]; t "the soname is libhotline.so.0" $?
make -s -C "$HL_BUILD" uninstall DESTDIR="$work/root" >said 2>&1; find "$work/root" ! -type d >>said; [ ! -s said ]
t "make uninstall leaves nothing" $?
for n in 1 2; do make -s -C "$HL_BUILD" dist >said 2>&1; sha256sum <"$(ls "$HL_BUILD"/libhotline-*.tar.gz)" >sum$n; done
cmp -s sum1 sum2; t "the tarball is the same twice" $?
make -s -C "$HL_BUILD" help >said; has 'distcheck'; t "make help lists the targets" $?
make -q -C "$HL_BUILD" libhotline.a >said 2>&1; t "make with nothing to do does nothing" $?
