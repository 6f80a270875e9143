#!/bin/sh
# Ballast on this machine: run.sh doctor, run.sh bench [--condition native-like], run.sh --help
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)

# Where container runtimes and some cloud images put NVIDIA's driver, out of the loaders' usual way.
nvidia=/usr/local/nvidia
for folder in "$nvidia/lib64" "$nvidia/lib"; do
  if [ -d "$folder" ]; then LD_LIBRARY_PATH=${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$folder; fi
done
for file in "$nvidia"/share/vulkan/icd.d/*.json "$nvidia"/etc/vulkan/icd.d/*.json; do
  if [ -e "$file" ]; then VK_ADD_DRIVER_FILES=${VK_ADD_DRIVER_FILES:+$VK_ADD_DRIVER_FILES:}$file; fi
done
for file in "$nvidia"/share/glvnd/egl_vendor.d/*.json; do
  if [ -e "$file" ]; then : "${__EGL_VENDOR_LIBRARY_FILENAMES:=$file}"; fi
done
if [ -n "${VK_ADD_DRIVER_FILES:-}" ]; then export VK_ADD_DRIVER_FILES; fi
if [ -n "${__EGL_VENDOR_LIBRARY_FILENAMES:-}" ]; then export __EGL_VENDOR_LIBRARY_FILENAMES; fi
if [ -n "${LD_LIBRARY_PATH:-}" ]; then export LD_LIBRARY_PATH; fi

# The system's own C++ runtime comes first, since its drivers were built with it; the carried one is for systems that have none.
if ! "$here/node/node" --version > /dev/null 2>&1; then
  LD_LIBRARY_PATH=${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$here/lib-cxx
  export LD_LIBRARY_PATH
fi
exec "$here/node/node" "$here/launch.mjs" "$@"
