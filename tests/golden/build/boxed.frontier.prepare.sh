#!/bin/sh
# Makes the images of campaign boxed ready for site frontier: to be run once, where there is a
# network, before the first job. With --again images are fetched anew.
set -eu
case ${1-} in '') again= ;; --again) again=1 ;; *) echo "usage: $0 [--again]" >&2; exit 2 ;; esac
here=$(cd -- "$(dirname -- "$0")" && pwd -P)
: "${USER:=$(id -un)}"
export USER
mkdir -p -- "$here/images"
cd -- "$here/images"

name=imsim
image=lsstdesc/dc2-imsim:Run2.2i-production-v1
file=imsim.sif
tool=apptainer
# What is downloaded is kept here meanwhile, not in the home folder.
APPTAINER_CACHEDIR=$here/images/cache SINGULARITY_CACHEDIR=$here/images/cache
export APPTAINER_CACHEDIR SINGULARITY_CACHEDIR
if [ -n "$again" ] || ! [ -e "$file" ]; then
    rm -rf "part-$file"
    "$tool" pull "part-$file" "docker://$image"
    rm -rf cache "$file"
    mv "part-$file" "$file"
fi
sha256sum <"$file" | cut -d ' ' -f 1 >"$file.sha256"
echo "$name: $image is ready"
