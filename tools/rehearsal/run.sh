#!/bin/sh
# Runs a command where lavapipe looks like an NVIDIA GPU: tools/rehearsal/run.sh npm run doctor. See README.md beside this file.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
driver=${LAVAPIPE:-$(ls /usr/share/vulkan/icd.d/lvp_icd*.json 2>/dev/null | head -n 1)}
if [ -z "$driver" ]; then
  echo "rehearsal: found no lavapipe under /usr/share/vulkan/icd.d. Install mesa-vulkan-drivers 26 or newer, or name its manifest in LAVAPIPE." >&2
  exit 1
fi
layer=$(mktemp -d)
trap 'rm -rf "$layer"' EXIT
cc -O1 -Wall -Wextra -shared -fPIC -fvisibility=hidden -o "$layer/libdisguise.so" "$here/disguise.c"
cp "$here/disguise.json" "$here/nvidia-smi" "$layer"
VK_DRIVER_FILES=$driver VK_LAYER_PATH=$layer VK_INSTANCE_LAYERS=VK_LAYER_BALLAST_disguise PATH=$layer:$PATH "$@"
