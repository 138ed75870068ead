#!/bin/sh
# sip.sh - SIPp and baresip against a hotline: menus by keys, queue, agents at telephones, hold, refusals.  # timeout: 150
# Own network where that is allowed, so that no port is taken; SIPp's digit captures need raw sockets.
set -u
here=$HL_SRC/tests/peers; work=$HL_BUILD/out/peers; captures=/usr/share/sip-tester
command -v sipp >/dev/null || { echo "sipp is missing (package sip-tester)"; exit 77; }
if [ -z "${HL_PEERS_NET-}" ] && unshare -n true 2>/dev/null; then
    HL_PEERS_NET=own; export HL_PEERS_NET
    exec unshare -n sh -c 'ip link set lo up; ip link add v0 type veth peer name v1 && ip addr add 192.168.77.1/24 dev v0 &&
        ip link set v0 up && ip link set v1 up && ip route add default dev v0; exec sh "$0"' "$0"
fi
rm -rf "$work"; mkdir -p "$work/files" && cd "$work" || exit 1
cp "$captures"/dtmf_2833_*.pcap . 2>/dev/null
${CC:-cc} -Wall -o desk "$here/desk.c" -I"$HL_SRC/include" -L"$HL_BUILD" -lhotline -Wl,-rpath,"$HL_BUILD" || exit 1
agents=''; i=0
while [ $i -lt 80 ]; do agents="$agents${agents:+,}\"a$i\":{\"phone\":\"desk\",\"queues\":{\"desk\":{}}}"; i=$((i + 1)); done
sed "s|AGENTS|$agents|" "$here/hotline.json" >hotline.json
mkfifo stop; (exec ./desk hotline.json files <stop >desk.out 2>desk.err) & desk=$!
exec 9>stop
i=0; while ! grep -q ready desk.out && [ $i -lt 100 ]; do sleep 0.1; i=$((i + 1)); done
grep -q ready desk.out || { cat desk.err; echo "not ok - the hotline starts"; exit 1; }

ok() { # result what
    if [ "$1" = 0 ]; then echo "ok - $2"; else echo "not ok - $2"; tail -n 20 ./*errors.log 2>/dev/null | sed 's/^/# /'; fi
}
call() { # scenario service calls rate
    rm -f ./*errors.log
    sipp -sf "$here/$1.xml" 127.0.0.1:25060 -s "$2" -i 127.0.0.1 -mi 127.0.0.1 -p 25070 -mp 26000 -m "$3" -r "$4" -l 1000 \
        -nostdin -trace_err -timeout 60s -timeout_error -default_behaviors all,-bye >"$1.out" 2>&1
}
sipp -sf "$here/agent.xml" -i 127.0.0.1 -mi 127.0.0.1 -p 25090 -mp 36000 -nostdin -trace_err -default_behaviors all,-bye \
    >agent.out 2>&1 9>&- & agent=$!
call options x 1 10; ok $? "OPTIONS is answered"
call unknown 404404 3 10; ok $? "an unknown number gets 404"
call codec 96332 3 10; ok $? "a codec nobody shares gets 488"
sipp -sf "$here/ringing.xml" -i 127.0.0.1 -mi 127.0.0.1 -p 25091 -mp 37000 -m 1 -nostdin -timeout 20s -timeout_error \
    >ringing.out 2>&1 9>&- & ringing=$!
call leave 96332 1 1; ok $? "a caller leaves while an agent's telephone rings"
wait $ringing; ok $? "that telephone gets CANCEL, and ACK to its 487"
call prompt 96332 10 10; ok $? "hanging up during a prompt is clean"
call info 96332 10 10; ok $? "a key by INFO leads through the menu to an agent"
call hold 96332 5 5; ok $? "hold and resume are answered in their direction"
if [ "$(id -u)" = 0 ] && [ -e dtmf_2833_1.pcap ]; then
    call menu 96332 200 20; ok $? "200 calls at 20 a second: menu by telephone-event, queue, agents; none fails"
    grep -q '^digit 1' desk.out; ok $? "the digit captures are heard as digit 1"
else
    echo "ok - 200 calls by digit captures # SKIP raw sockets need root"
fi

# baresip 1.0.0 answers MD5 only: alone at once, beside SHA-256 after two challenges it could not take up.
phone() { # user seconds
    rm -rf bs; mkdir bs
    printf '%s\n' 'sip_listen 192.168.77.1:25080' 'net_interface v0' 'module_path /usr/lib/baresip/modules' \
        'module g711.so' 'module_tmp account.so' 'module_app menu.so' >bs/config
    echo "<sip:$1@192.168.77.1:25060>;auth_pass=correct-horse;regint=120" >bs/accounts
    timeout $(($2 + 5)) baresip -f bs -s -t "$2" >"baresip-$1.out" 2>&1 </dev/null
    grep -q "phone $1 has 1 bindings" desk.err
}
if command -v baresip >/dev/null && ip addr show v0 2>/dev/null | grep -q 192.168.77.1; then
    phone 1002 4; ok $? "baresip registers by MD5"
    phone 1001 4; phone 1001 4; phone 1001 4; ok $? "baresip registers where SHA-256 is offered first"
else
    echo "ok - baresip registers # SKIP no baresip, or no network of its own"
fi
kill $agent
exec 9>&-
wait $desk; ok $? "the hotline ends"
talked=$(sed -n 's/^talked //p' desk.out); echo "# $(tail -n 4 desk.out | tr '\n' ' ')"
[ "${talked:-0}" -ge 15 ]; ok $? "agents talked with $talked callers"
