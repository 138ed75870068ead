#!/bin/sh
# baresip.sh - an agent at a telephone, played by baresip: registration, feature keys, rings, talk, reject, time-out.
# timeout: 400
exec "${0%/*}/own_network" python3 -B "${0%.sh}.py"
