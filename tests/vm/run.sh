#!/usr/bin/env bash
# Tests `emojicam live` on a real kernel with Debian's own v4l2loopback, and a webcam that the kernel pretends (vivid):
# boots Debian's kernel in QEMU, without an image and without rights beyond apt, and runs guest.py there.
#
# The guest's root is this machine's own "/", read-only, with what it writes kept in its memory: paths, virtual
# environment and Chromium are the same inside. On a machine without KVM everything is emulated: this shows right or
# wrong, not speed.
#
#     tests/vm/run.sh              always
#     tests/vm/run.sh --if-changed only if what it tests has changed since it passed (tests/vm/passed says when)
#
#                              PYTHON: the environment's (default: python3); VM_CACHE: for kernel and module
#                              (default: ~/.cache/emojicam-vm); VM_OUT: where pictures and logs are left; VM_TIMEOUT: s
#
# Exit code: 0 all checks passed, 1 one failed, 2 it can't be run here.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
python=${PYTHON:-python3}
cache=${VM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/emojicam-vm}
out=${VM_OUT:-$cache/out}
say() { echo "vm: [$SECONDS s] $*" >&2; }

state() { # a checksum of all that this tests
  cd "$here/../.."
  cat app/commands/{live,doctor}.py app/show.py stream/live/*.py tests/vm/{run.sh,init,*.py,*.html} |
    sha256sum | cut -d' ' -f1
}
if [ "${1:-}" = --if-changed ] && [ "$(state)" = "$(cat "$here/passed")" ]; then
  say "nothing has changed since it passed"
  exit 0
fi

packages=(qemu-system-x86 ffmpeg v4l-utils chromium gcc make cpio)
missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  [ "$(id -u)" = 0 ] || { say "needs: sudo apt install ${missing[*]}"; exit 2; }
  say "installs ${missing[*]}"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null || exit 2
fi
"$python" -c 'import pyvirtualcam, emojicam' || { say 'needs: pip install -e ".[cpu,test,virtualcam]"'; exit 2; }

build() { # Debian's kernel, its v4l2loopback built for it, and a first root that mounts this machine's: into $cache
  local kernel work tree
  kernel=$(apt-cache depends linux-image-amd64 | sed -n 's/.*Depends: linux-image-//p')
  [ -n "$kernel" ] || { say "apt knows no linux-image-amd64"; return 1; }
  say "builds for Linux $kernel"
  work=$(mktemp -d "$cache/build.XXXX")
  tree=$work/tree
  mkdir -p "$work/debs" "$tree" "$work/first/bin" "$work/first/modules"
  (cd "$work/debs" && apt-get -qq -o APT::Sandbox::User=root download "linux-image-$kernel" "linux-headers-$kernel" \
    "linux-headers-${kernel%-amd64}-common" "linux-kbuild-${kernel%%.0-*}" v4l2loopback-dkms busybox-static)
  for deb in "$work"/debs/*.deb; do
    case $deb in
      */linux-image*) # it unpacks to 400 MB, of which this is what's wanted
        dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$tree" --wildcards './boot/vmlinuz*' \
          './lib/modules/*/kernel/drivers/virtio/*' './lib/modules/*/kernel/drivers/media/*' \
          './lib/modules/*/kernel/fs/*' './lib/modules/*/kernel/net/9p/*' './lib/modules/*/kernel/lib/*' ;;
      *) dpkg-deb -x "$deb" "$tree" ;;
    esac
  done
  sed -i "s#^include /usr/src#include $tree/usr/src#" "$tree/usr/src/linux-headers-$kernel/Makefile"
  local source=("$tree"/usr/src/v4l2loopback-*)
  make -s -C "$tree/usr/src/linux-headers-$kernel" M="${source[0]}" modules >"$cache/make.log" 2>&1 ||
    { cat "$cache/make.log"; return 1; }
  cp "$tree/bin/busybox" "$work/first/bin/"
  install -m 755 "$here/init" "$work/first/init"
  "$python" "$here/modules.py" "$tree/lib/modules/$kernel/kernel" "${source[0]}/v4l2loopback.ko" "$work/first/modules"
  (cd "$work/first" && find . | cpio -o -H newc --quiet) | gzip -1 >"$work/initrd.gz"
  cp "$tree/boot/vmlinuz-$kernel" "$cache/vmlinuz"
  mv "$work/initrd.gz" "$cache/initrd.gz"
  sha256sum <"$here/init" >"$cache/of"
  rm -rf "$work"
}

mkdir -p "$cache" "$out"
rm -rf "${out:?}"/*
[ -s "$cache/initrd.gz" ] && [ "$(cat "$cache/of")" = "$(sha256sum <"$here/init")" ] || build || exit 2
"$python" "$here/footage.py" "$out/face.mp4"
"$python" -c 'import sys; print(sys.executable)' >"$out/python"
# The guest reaches no network, and its home is another: it is told where the face detector's files are.
detector=$("$python" -c 'from emojicam.stream.faces import detector_files as files
print([files.fetch(file, quiet=True) for file in files.FILES][0].parent)')
sed -i "s#^#EMOJICAM_DETECTOR_FILES=$detector #" "$out/python"
[ -z "${PYTHONPATH:-}" ] || sed -i "s#^#PYTHONPATH=$PYTHONPATH #" "$out/python"

# A /dev/kvm alone proves nothing: some clouds have one that boots no stock kernel.
machine=(-accel tcg,thread=multi -cpu max)
if grep -qwE 'vmx|svm' /proc/cpuinfo && [ -w /dev/kvm ]; then machine=(-accel kvm -cpu host); fi
say "boots (${machine[1]})"
share() { echo "local,path=$1,mount_tag=$2,security_model=none${3:-}"; }
loopbacks='devices=3 video_nr=10,11,12 card_label=Face,emojicam,Open exclusive_caps=1,1,0'
timeout --foreground "${VM_TIMEOUT:-900}" qemu-system-x86_64 "${machine[@]}" -smp "$(nproc --all)" -m 6144 \
  -nodefaults -display none -serial stdio -no-reboot -nic none \
  -kernel "$cache/vmlinuz" -initrd "$cache/initrd.gz" \
  -append "console=ttyS0 quiet panic=-1 mitigations=off loopbacks=\"$loopbacks\"" \
  -virtfs "$(share / host ,readonly=on,multidevs=remap)" -virtfs "$(share "$here" job ,readonly=on)" \
  -virtfs "$(share "$out" out)" </dev/null | sed -u 's/\r//g; s/\x1b[[?0-9;]*[a-zA-Z]//g; s/\x1bc//' || true
[ -s "$out/code" ] || { say "the guest left no result"; exit 1; }
say "done: $(cat "$out/code")"
[ "$(cat "$out/code")" != 0 ] || state >"$here/passed"
exit "$(cat "$out/code")"
