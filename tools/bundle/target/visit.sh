#!/bin/sh
# Measures this machine in stages, the most valuable first. What a stage found lies in FOLDER before the next begins, so that a visit that
# is cut short brings home what it had.
#   visit.sh --gpu NAME [--minutes 9] [--out FOLDER]   NAME is a part of the GPU's name: H200, nvidia
#   visit.sh --software ...                            a rehearsal, on the software adapter
# Stages: doctor (ends the visit where that GPU is not reached), web, native-like, peers.
set -u
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
usage() { sed -n '2,7s/^# //p' "$0"; }
fail() { printf 'visit: %s\n' "$1" >&2; exit 2; }

device=
minutes=9
out=$here/visit
while [ $# -gt 0 ]; do
  case $1 in
    --gpu) device="--gpu ${2:?--gpu needs a name}"; shift ;;
    --software) device=--software ;;
    --minutes) minutes=${2:?--minutes needs a number}; shift ;;
    --out) out=${2:?--out needs a folder}; shift ;;
    -h | --help) usage; exit 0 ;;
    *) fail "$1 is not one of --gpu NAME, --software, --minutes N, --out FOLDER" ;;
  esac
  shift
done
[ -n "$device" ] || fail "name the GPU that is to be measured, --gpu H200, or rehearse with --software"
case $minutes in *[!0-9]* | '' | 0 | 1 | 2) fail "--minutes takes a whole number of at least 3, got $minutes" ;; esac
mkdir -p "$out" || fail "cannot make $out"
out=$(CDPATH= cd -- "$out" && pwd)

box=$here/bin/busybox
began=$(date +%s)
end=$((began + minutes * 60))
left() { echo $((end - $(date +%s))); }
code=0

# What one stage did: a line on the screen and in stages.txt, and the file to bring back.
outcome() {
  printf '%-12s %4s s  %s\n' "$1" $(($(date +%s) - $2)) "$3" | tee -a "$out/stages.txt"
  if [ -f "$here/ballast-runs.tar.gz" ]; then cp "$here/ballast-runs.tar.gz" "$out/"; fi
}

# stage NAME SECONDS COMMAND...: stopped as by Ctrl-C where it takes longer, which packs what it had.
stage() {
  name=$1
  limit=$2
  shift 2
  at=$(date +%s)
  printf '\n== %s, at most %s s: %s\n' "$name" "$limit" "$*" | tee -a "$out/visit.log"
  "$box" timeout -s INT -k 20 "$limit" "$here/run.sh" "$@" >> "$out/visit.log" 2>&1
  status=$?
  case $status in
    0) outcome "$name" "$at" done ;;
    124 | 130 | 137 | 143) outcome "$name" "$at" "stopped after $limit s" ;;
    *) outcome "$name" "$at" "failed with code $status" ;;
  esac
  if [ $status -ne 0 ]; then code=1; fi
  return $status
}

# A whole profile of a condition in about that many seconds; where it was stopped, a profile of what it had.
profile() {
  stage "$1" $(($2 + 40)) bench $device --condition "$1" --budget "$2" --keep && return
  if ls "$here"/runs/unfinished-*-"$1".jsonl > /dev/null 2>&1; then stage "$1 so far" 40 bench --finish --condition "$1" --keep; fi
}

rm -f "$out/stages.txt" "$out/visit.log"
# shellcheck disable=SC2086 # the device's option and its name are two words
stage doctor 90 doctor $device || {
  cat "$out/visit.log"
  printf '\nThe visit ends here: what was asked for is not what would be measured. doctor says above what is missing.\n'
  exit 1
}
sed -n '/^Adapters/,/^Flags/p' "$out/visit.log" | sed '$d'

# Everything can end at once: what is under way is copied now and then, and bench --finish at home makes a profile of it.
(while sleep 15; do cp "$here"/runs/*unfinished-*.jsonl "$out/" 2> /dev/null; done) &
copying=$!
trap 'kill $copying 2> /dev/null' EXIT

profile web $(($(left) * 44 / 100))
profile native-like $(($(left) * 52 / 100))
if [ "$(left)" -gt 45 ]; then stage peers $(($(left) - 5)) bench:peers --all --keep --budget $(($(left) - 35)); fi

rm -f "$out"/*unfinished-*.jsonl # in the archive
printf '\nBring back %s: stages.txt, visit.log and ballast-runs.tar.gz. At home, in the clone: tar -xzf ballast-runs.tar.gz && npm run report\n' "$out"
exit $code
