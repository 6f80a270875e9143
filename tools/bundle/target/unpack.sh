#!/bin/sh
# Ballast @VERSION@ for Linux on x86-64: a browser, Node and Ballast, for a machine with nothing on it.
# Unpack:  sh @FIRST@ [FOLDER]        (needs all parts side by side, and @UNPACKED@ of room; FOLDER is ./ballast by default)
# What follows this text is not for reading.
set -eu
header=@HEADER@
toolbox=@TOOLBOX@
parts='@PARTS@'

fail() { printf 'ballast: %s\n' "$1" >&2; exit 1; }

case ${1:-} in -h | --help) sed -n '2,3s/^# //p' "$0"; exit 0 ;; esac
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
folder=${1:-ballast}
case $(uname -s)-$(uname -m) in Linux-x86_64) ;; *) fail "this bundle is for Linux on x86-64, this machine is $(uname -s) on $(uname -m)." ;; esac

missing=
while read -r sum name; do
  [ -f "$here/$name" ] || missing="$missing $name"
done <<EOF
$parts
EOF
[ -z "$missing" ] || fail "expected all parts in $here, missing:$missing. Bring them here and run this again."
[ ! -e "$folder/run.sh" ] || fail "$folder already holds a bundle. Name another folder, or remove that one."

mkdir -p "$folder" || fail "cannot make the folder $folder. Name another: sh $0 FOLDER"
folder=$(CDPATH= cd -- "$folder" && pwd)
box=$folder/busybox.unpack # it wants to be called busybox-something
first=$here/@FIRST@
tail -c +$((header + 1)) "$first" | head -c "$toolbox" > "$box" && chmod +x "$box" || fail "cannot write to $folder. Is there room?"
printf x | "$box" sha256sum > /dev/null 2>&1 ||
  fail "a program cannot run in $folder: it is mounted noexec (name another folder), or @FIRST@ is damaged (carry it again)."

content() { if [ "$1" = "$first" ]; then tail -c +$((header + 1)) "$1"; else cat "$1"; fi; }
while read -r sum name; do
  found=$(content "$here/$name" | "$box" sha256sum)
  [ "${found%% *}" = "$sum" ] || fail "$name is damaged, or of another bundle than @FIRST@: its SHA-256 differs. Carry it again."
done <<EOF
$parts
EOF

archive() {
  tail -c +$((header + toolbox + 1)) "$first"
  while read -r sum name; do [ "$here/$name" = "$first" ] || cat "$here/$name"; done <<EOF
$parts
EOF
}
archive | "$box" xz -dc | "$box" tar -xf - -C "$folder" || fail "unpacking into $folder failed. It needs @UNPACKED@ of room."
rm "$box"
[ -f "$folder/run.sh" ] || fail "unpacking into $folder failed: the archive ended early. Is there room for @UNPACKED@?"

glibc=$(getconf GNU_LIBC_VERSION 2> /dev/null | sed 's/^glibc //') || true
if [ -n "$glibc" ] && [ "$(printf '%s\n%s\n' "$glibc" @GLIBC@ | sort -V | head -n 1)" != @GLIBC@ ]; then
  printf 'ballast: warning: the browser needs glibc @GLIBC@ or newer, this machine has %s. It will most likely not start.\n' "$glibc" >&2
fi
printf 'Unpacked into %s. Next: %s/run.sh doctor, or %s/visit.sh --gpu NAME\n' "$folder" "$folder" "$folder"
exit 0
