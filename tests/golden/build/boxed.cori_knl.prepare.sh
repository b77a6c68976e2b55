#!/bin/sh
# Makes the images of campaign boxed ready for site cori_knl: to be run once, where there is a
# network, before the first job. With --again images are fetched anew.
set -eu
case ${1-} in '') again= ;; --again) again=1 ;; *) echo "usage: $0 [--again]" >&2; exit 2 ;; esac
here=$(cd -- "$(dirname -- "$0")" && pwd -P)
: "${USER:=$(id -un)}"
export USER
mkdir -p -- "$here/images"
cd -- "$here/images"

name=imsim
image=docker:lsstdesc/dc2-imsim:Run2.2i-production-v1
id=
[ -n "$again" ] || id=$(shifterimg lookup "$image") || id=
if [ -z "$id" ]; then
    shifterimg -v pull "$image"
    id=$(shifterimg lookup "$image") || id=
fi
[ -n "$id" ] || { echo "$0: $image is not ready yet; see 'shifterimg images'" >&2; exit 1; }
echo "id:$id" >"$name.digest"
echo "$name: $image is ready"
