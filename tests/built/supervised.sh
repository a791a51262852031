#!/bin/sh
# Inside a booted machine: what a real service manager makes of the unit. The flight is started, killed,
# made to hang, and flown to its end, and its package cannot be removed meanwhile; what happened is said in lines that the test reads.
unit=airborne-replay@short.service
property() { systemctl show --property "$1" --value "$unit"; }
now() { date +%s%3N; }
# Until the process is another one; then until that one is ready.
restarted() {
    while [ "$(property MainPID)" = "$1" ] || [ "$(property MainPID)" = 0 ]; do sleep 0.05; done
    echo "$2: restarted after $(($(now) - $3)) ms"
    while [ "$(property ActiveState)" = activating ]; do sleep 0.05; done
    echo "$2: ready after $(($(now) - $3)) ms"
}

systemctl start "$unit"
echo "started: $(property ActiveState), $(property StatusText)"

dpkg --remove gdn-airborne
echo "removal in flight: $?, $(dpkg-query --show --showformat '${db:Status-Status}' gdn-airborne)"

first=$(property MainPID)
kill -KILL "$first"
restarted "$first" killed "$(now)"

second=$(property MainPID)
kill -STOP "$second"
restarted "$second" hung "$(now)"

until [ "$(property ActiveState)" = inactive ] || [ "$(property ActiveState)" = failed ]; do sleep 0.1; done
echo "ended: $(property ActiveState), $(property Result)"
journalctl --unit "$unit" --output cat --no-pager
