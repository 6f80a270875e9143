#!/bin/sh
# Starts the carried browser with the carried libraries and font. They are set for it alone: the system's programs want the system's.
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
bundle=$(dirname -- "$here")
read -r program < "$here/program"

has() {
  for folder in /usr/lib/x86_64-linux-gnu /lib/x86_64-linux-gnu /usr/lib64 /lib64 /usr/lib; do
    if [ -e "$folder/$1" ]; then return 0; fi
  done
  return 1
}
LD_LIBRARY_PATH=$bundle/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
has libEGL.so.1 || LD_LIBRARY_PATH=$LD_LIBRARY_PATH:$bundle/lib-gl
FONTCONFIG_FILE=$bundle/fonts/fonts.conf
: "${HOME:=/tmp}" "${XDG_RUNTIME_DIR:=/tmp}"
export LD_LIBRARY_PATH FONTCONFIG_FILE HOME XDG_RUNTIME_DIR
exec "$here/$program" "$@"
