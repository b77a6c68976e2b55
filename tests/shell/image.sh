#!/bin/sh
# image.sh DIR PACKAGE...: makes DIR a root folder of Debian packages and what they depend on, for
# tests of containers. Nothing is installed or configured: packages are fetched by apt and unpacked.
# A folder that is there already with the same packages stays. Exit 77: they cannot be had here.
set -eu

dir=$1
shift
top=$(mktemp -d)
trap 'rm -rf "$top"' EXIT
trap 'exit 99' HUP INT TERM

# tests run side by side: one of them makes it
exec 9<"$(dirname "$dir")"
! command -v flock >/dev/null || flock 9
[ "$(cat "$dir/packages" 2>/dev/null)" = "$*" ] && exit 0
command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || exit 77
# as if nothing were installed yet, so that all they need is fetched
mkdir -p "$top/archives/partial"
: >"$top/status"
apt-get -q -y --no-install-recommends -o Dir::State::status="$top/status" \
    -o Dir::Cache::archives="$top/archives" -o APT::Sandbox::User=root -o Debug::NoLocking=1 \
    --download-only install "$@" >"$top/log" 2>&1 || {
    sed 's/^/# /' "$top/log"
    exit 77
}
rm -rf "$dir" "$dir.part"
mkdir -p "$dir.part/usr/bin" "$dir.part/usr/sbin" "$dir.part/usr/lib" "$dir.part/usr/lib64"
for link in bin sbin lib lib64; do
    ln -s "usr/$link" "$dir.part/$link"
done
# through tar, which leaves these links as they are
for package in "$top"/archives/*.deb; do
    dpkg-deb --fsys-tarfile "$package" | tar -x -C "$dir.part" --keep-directory-symlink
done
# what the packages' scripts would have made of alternatives
for tool in awk:mawk convert:convert-im6.q16 identify:identify-im6.q16; do
    program=$dir.part/usr/bin/${tool#*:} link=$dir.part/usr/bin/${tool%%:*}
    [ ! -e "$program" ] || [ -e "$link" ] || ln -s "${tool#*:}" "$link"
done
printf 'root:x:0:0:root:/root:/bin/sh\n' >"$dir.part/etc/passwd"
printf 'root:x:0:\n' >"$dir.part/etc/group"
mkdir -p "$dir.part/dev" "$dir.part/proc" "$dir.part/sys" "$dir.part/tmp"
chmod -R u+rwX,go+rX "$dir.part"
echo "$*" >"$dir.part/packages"
mv "$dir.part" "$dir"
