#!/bin/sh
# test_runner.sh - the runner counts what passes, fails, crashes, hangs and is skipped, and says so at its end.
set -u
work=$(mktemp -d) || exit 1
runner=$HL_SRC/tests/runner
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/tests/a" "$work/b"
echo 'a known skip' >"$work/tests/skips"
script() { cat >"$work/tests/a/$1"; chmod +x "$work/tests/a/$1"; }
go() { HL_SRC=$work HL_BUILD=$work/b CI=${CI_NOW-} "$runner" "$@" >"$work/said" 2>&1; }
t() { if [ "$2" = 0 ]; then echo "ok - $1"; else echo "not ok - $1"; sed 's/^/# /' "$work/said" | tail -n 20; fi; }
says() { grep -qF -- "$1" "$work/said"; }
last() { [ "$(tail -n 1 "$work/said")" = "$1" ]; }

script good.sh <<'S'
#!/bin/sh
echo "ok 1 - one"; echo "ok 2 - two"
S
script bad.sh <<'S'
#!/bin/sh
echo "ok 1 - one"; echo "not ok 2 - two"; echo "# because"; exit 1
S
script crash.sh <<'S'
#!/bin/sh
echo "ok 1 - one"; kill -SEGV $$
S
script hang.sh <<'S'
#!/bin/sh
# timeout: 1
echo "ok 1 - one"; timeout 500 sleep 400 & echo $! >"$HL_BUILD/hung"; wait
S
script leave.sh <<'S'
#!/bin/sh
sleep 400 & echo $! >"$HL_BUILD/left"
S
script nest.sh <<'S'
#!/bin/sh
# timeout: 2
sed 's/timeout: 1/timeout: 300/' "$HL_SRC/tests/a/hang.sh" >"$HL_SRC/tests/a/inner.sh"; chmod +x "$HL_SRC/tests/a/inner.sh"
rm -f "$HL_BUILD/hung"; "$HL_SRC/runner" tests/a/inner.sh
S
gone() { p=$(cat "$work/b/$1") && case $(ps -o stat= -p "$p") in '' | Z*) ;; *) false ;; esac; }
script skip.sh <<'S'
#!/bin/sh
echo "ok 1 # SKIP a known skip"; echo "ok 2 - two"
S
script rounds.sh <<'S'
#!/bin/sh
[ "$HL_TEST_ROUNDS" = 700 ] && echo "ok - 700"
S
script none.sh <<'S'
#!/bin/sh
echo "no such tool"; exit 77
S
go tests/a/good.sh; status=$?; [ $status = 0 ] && last '2 passed, 0 failed'; t 'what passes is counted' $?
go tests/a/good.sh tests/a/bad.sh; [ $? != 0 ] && last '3 passed, 1 failed' && says '# because' && says 'T=tests/a/bad.sh'
t 'what fails shows its log and how to repeat it alone' $?
go tests/a/crash.sh; [ $? != 0 ] && last '1 passed, 1 failed' && says 'ended with status'; t 'a crash is a failure' $?
go tests/a/hang.sh; [ $? != 0 ] && last '1 passed, 1 failed' && says 'still running after 1 s'; t 'what hangs is killed' $?
gone hung; t 'and what it started, in whatever process group' $?
go tests/a/leave.sh; gone left; t 'what a test leaves running ends with it' $?
cp "$runner" "$work/runner"; go tests/a/nest.sh; [ $? != 0 ] && says 'still running after 2 s' && gone hung
t 'what hangs in a runner within a test is killed with it' $?
go tests/a/skip.sh; [ $? = 0 ] && last '1 passed, 0 failed' && says '1 skipped'; t 'a skip is told' $?
CI_NOW=1; go tests/a/skip.sh; [ $? = 0 ]; t 'in CI a skip in tests/skips is fine' $?
go tests/a/good.sh tests/a/none.sh; [ $? != 0 ] && last '2 passed, 1 failed' && says 'not in tests/skips'; t 'in CI another skip fails' $?
CI_NOW=; go tests/a/nothing.sh; [ $? != 0 ] && last '0 passed, 1 failed'; t 'a test that is not there is a failure' $?
HL_BUILT=2 go tests/a/good.sh; [ $? != 0 ] && last '2 passed, 1 failed'; t 'what was not built is a failure' $?
go -- tests/a/rounds.sh@700; [ $? = 0 ] && last '1 passed, 0 failed'; t 'a number of rounds is handed on' $?
go -- tests/a/good.sh; [ $? = 0 ] && last '2 passed, 0 failed'; t 'one at a time counts too' $?
