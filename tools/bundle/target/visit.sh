#!/bin/sh
# Measures this machine in stages, the most valuable first. What a stage found lies in FOLDER before the next begins, so that a visit that
# is cut short brings home what it had.
#   visit.sh --gpu NAME [--minutes 9] [--out FOLDER]   NAME is a part of the GPU's name: H200, nvidia
#   visit.sh --software ...                            a rehearsal, on the software adapter
# Stages: doctor (ends the visit where that GPU is not reached), web, native-like, peers.
set -u
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
usage() { sed -n '2,6s/^# //p' "$0"; }
fail() { printf 'visit: %s\n' "$1" >&2; exit 2; }

export BALLAST_RUNS="$here/runs" # what is brought home lies here, whatever the environment says
gpu=
software=
minutes=9
out=$here/visit
while [ $# -gt 0 ]; do
  case $1 in --gpu | --minutes | --out) case ${2:-} in '' | -*) fail "$1 needs a value" ;; esac ;; esac
  case $1 in
    --gpu) gpu=$2; shift ;;
    --software) software=1 ;;
    --minutes) minutes=$2; shift ;;
    --out) out=$2; shift ;;
    -h | --help) usage; exit 0 ;;
    *) fail "$1 is not one of --gpu NAME, --software, --minutes N, --out FOLDER" ;;
  esac
  shift
done
[ -n "$gpu$software" ] || fail "name the GPU that is to be measured, --gpu H200, or rehearse with --software"
[ -z "$gpu" ] || [ -z "$software" ] || fail "--gpu and --software exclude each other"
case $minutes in *[!0-9]* | 0* | 1 | 2) fail "--minutes takes a whole number of at least 3, got $minutes" ;; esac
mkdir -p "$out" || fail "cannot make $out"
out=$(CDPATH= cd -- "$out" && pwd)

box=$here/bin/busybox
began=$(date +%s)
end=$((began + minutes * 60))
left() { echo $((end - $(date +%s))); }
code=0

# All that was measured so far, in one file; fails where there is nothing, or no room.
pack() {
  "$here/run.sh" pack >> "$out/visit.log" 2>&1 && cp "$here/ballast-runs.tar.gz" "$out/"
}

# stage NAME SECONDS COMMAND...: stopped as by Ctrl-C where it takes longer. Leaves a line on the screen and in stages.txt.
stage() {
  name=$1
  limit=$2
  shift 2
  at=$(date +%s)
  printf '\n== %s, at most %s s: %s\n' "$name" "$limit" "$*" | tee -a "$out/visit.log"
  from=$(wc -c < "$out/visit.log")
  "$box" timeout -s INT -k 20 "$limit" "$here/run.sh" "$@" >> "$out/visit.log" 2>&1 &
  child=$!
  wait $child
  status=$?
  child=
  case $status in
    0) outcome=done ;;
    124 | 130 | 137 | 143) outcome="stopped after $limit s" ;;
    *) outcome="ended with code $status" ;;
  esac
  printf '%-20s %4s s  %s\n' "$name" $(($(date +%s) - at)) "$outcome" | tee -a "$out/stages.txt"
  # Why, and what is kept all the same.
  if [ $status -ne 0 ]; then tail -c +$((from + 1)) "$out/visit.log" | tr '\r' '\n' | grep -v -e '^measuring' -e '^Bring back' -e '^$' | tail -n 3 | sed 's/^/    /'; fi
  if [ $status -ne 0 ]; then code=1; fi
  return $status
}

# The same on the device that is to be measured, and no other.
on_device() {
  if [ -n "$gpu" ]; then stage "$@" --gpu "$gpu"; else stage "$@" --software; fi
}

# A whole profile of a condition in about that many seconds; where it was stopped, a profile of what it had.
profile() {
  if ! on_device "$1" $(($2 + 40)) bench --condition "$1" --budget "$2" --keep; then
    journal=$(find "$here/runs" -name "unfinished-*Z-$1.jsonl" -newer "$here/visit.began" 2> /dev/null | tail -n 1)
    if [ -n "$journal" ]; then stage "$1 so far" 40 bench --finish "$journal" --keep; fi
  fi
  pack
}

# Stopped from outside: what is under way ends as by Ctrl-C, and what there is is packed.
child=
copying=
stop() {
  if [ -n "$child" ]; then kill -INT "$child" 2> /dev/null && wait "$child"; fi
  if pack; then printf '\nStopped. Bring back %s.\n' "$out"; fi
  exit 130
}
trap stop INT TERM HUP
trap 'kill $copying 2> /dev/null' EXIT

rm -f "$out/stages.txt" "$out/visit.log"
: > "$here/visit.began"
if ! on_device doctor 90 doctor; then
  cat "$out/visit.log"
  printf '\nThe visit ends here: what was asked for is not what would be measured. doctor says above what is missing.\n'
  exit 1
fi
sed -n '/^Adapters/,/^Flags/p' "$out/visit.log" | sed '$d'
printf 'Progress: tail -f %s\n' "$out/visit.log"

# Everything can end at once: what is under way is copied now and then, and bench --finish at home makes a profile of it.
(while kill -0 $$ 2> /dev/null && sleep 15; do cp "$here"/runs/*unfinished-*.jsonl "$out/" 2> /dev/null; done) &
copying=$!

profile web $(($(left) * 44 / 100))
profile native-like $(($(left) * 52 / 100))
if [ "$(left)" -gt 45 ]; then stage peers $(($(left) - 5)) bench:peers --all --keep --budget $(($(left) - 35)); fi

kill $copying 2> /dev/null
copying=
if pack; then
  rm -f "$out"/*unfinished-*.jsonl # in the archive
  printf '\nBring back %s. At home, in the clone: tar -xzf ballast-runs.tar.gz && npm run report\n' "$out"
else
  printf '\nNothing could be packed. Bring back %s and %s.\n' "$out" "$here/runs"
fi
exit $code
