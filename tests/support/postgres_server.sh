#!/bin/sh
# Runs one private PostgreSQL server until standard input ends, then stops it and deletes its folder.
# The tests hold the other end of that pipe: however they end, killed or crashed, the server goes too.
#
# usage: setsid sh postgres_server.sh BIN_DIRECTORY
# prints "ready FOLDER" (the folder of the Unix socket) or ends with a message on stderr.
set -u
trap '' HUP INT TERM PIPE
binaries=$1
prefix=/tmp/gdn-postgres.

# What a supervisor that was itself killed left behind: its lock is free.
for old in "$prefix"*; do
  [ -f "$old/lock" ] && flock -n "$old/lock" rm -rf "$old"
done

folder=$(mktemp -d "${prefix}XXXXXX") || exit 73
touch "$folder/lock"
exec 9<"$folder/lock"
flock 9

# PostgreSQL refuses root.
as_user=
if [ "$(id -u)" = 0 ]; then
  user=postgres
  id -u "$user" >/dev/null 2>&1 || user=nobody
  as_user="--reuid=$user --regid=$(id -g "$user") --clear-groups"
  chown "$user" "$folder"
fi
cd "$folder" || exit 73
demoted="setpriv $as_user --pdeathsig INT --"

server=
finish() {
  if [ -n "$server" ]; then
    kill -INT "$server" 2>/dev/null
    wait "$server"
  fi
  cd / && rm -rf "$folder"
  exit "$1"
}
failed() {
  echo "Cannot start a private PostgreSQL server: $1" >&2
  tail -n 20 "$folder/log" >&2
  finish 69
}

# shellcheck disable=SC2086 # the options are words
$demoted "$binaries/initdb" -D "$folder/data" -U gdn -A trust -E UTF8 --locale=C -N \
  >"$folder/log" 2>&1 </dev/null 9<&- || failed "initdb failed"
# shellcheck disable=SC2086
$demoted "$binaries/postgres" -D "$folder/data" -k "$folder" -c listen_addresses= -c fsync=off \
  -c synchronous_commit=off -c full_page_writes=off -c shared_buffers=32MB \
  -c dynamic_shared_memory_type=mmap -c max_connections=60 >>"$folder/log" 2>&1 </dev/null 9<&- &
server=$!

tries=0
until "$binaries/pg_isready" -q -h "$folder" -U gdn -d postgres; do
  kill -0 "$server" 2>/dev/null || failed "it ended at once"
  tries=$((tries + 1))
  [ "$tries" -lt 600 ] || failed "no answer within a minute"
  sleep 0.1
done
echo "ready $folder"

cat >/dev/null
finish 0
