#!/usr/bin/env bash
# Runs the Dockerfile's steps in a plain Debian root made by debootstrap, where no container engine is at hand, and then
# what the image would run: as its user, with everything read-only. Needs root, debootstrap and a network; takes minutes.
#
#     tests/docker.sh [FOLDER]     the root's place (default: a temporary one, removed at the end)
#
# $MIRROR is another Debian mirror. Behind a proxy with a certificate of its own, $PIP_CERT names a file with it.
set -euo pipefail
cd "$(dirname "$0")/.."
repository=$PWD
[ "$(id -u)" = 0 ] || { echo "tests/docker.sh: needs root"; exit 2; }
command -v debootstrap >/dev/null || { echo "tests/docker.sh: apt install debootstrap"; exit 2; }

root=${1:-$(mktemp -d)}
cleanup() {
  for place in proc dev; do mountpoint -q "$root/$place" && umount -l "$root/$place"; done
  [ $# -gt 0 ] || true
}
trap 'cleanup; [ -n "${1:-}" ] || rm -rf "$root"' EXIT
suite=$(sed -n 's/^FROM debian:\([a-z]*\).*/\1/p' Dockerfile)

echo "== FROM debian:$suite"
[ -x "$root/bin/sh" ] || debootstrap --variant=minbase "$suite" "$root" "${MIRROR:-http://deb.debian.org/debian}"
chmod 755 "$root"  # a folder for a while is its maker's alone
cp /etc/resolv.conf "$root/etc/resolv.conf"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount --make-rslave "$root/dev"

network=(${PIP_INDEX_URL:+PIP_INDEX_URL="$PIP_INDEX_URL"})
if [ -n "${PIP_CERT:-}" ]; then
  cp "$PIP_CERT" "$root/trusted.pem"
  network+=(PIP_CERT=/trusted.pem SSL_CERT_FILE=/trusted.pem)
fi

# ENV and USER count for what is run at the end; RUN is run by root, in order.
environment=()
user=root
folder=/
while IFS= read -r line; do
  case $line in
    "RUN "*)
      echo "== $line"
      chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root DEBIAN_FRONTEND=noninteractive \
        "${network[@]}" /bin/sh -c "${line#RUN }"
      ;;
    "COPY . "*)
      echo "== $line"
      target=$root${line#COPY . }
      mkdir -p "$target"
      git -C "$repository" ls-files -z --cached --others --exclude-standard |
        tar -C "$repository" --null --files-from=- --create | tar -C "$target" --extract
      ;;
    "ENV "*) read -ra environment <<<"${line#ENV }" ;;
    "USER "*) user=${line#USER } ;;
    "WORKDIR "*) folder=${line#WORKDIR } ;;
    "" | "#"* | FROM* | EXPOSE* | CMD*) ;;
    *) echo "tests/docker.sh: does not know: $line"; exit 1 ;;
  esac
done <Dockerfile
command=$(sed -n 's/^CMD //p' Dockerfile)

echo "== $command, as $user, read-only"
token=correct-horse-battery-staple
: >"$root.log"
EMOJICAM_TOKEN=$token unshare --mount -- bash -euo pipefail -c '
  root=$1 user=$2 folder=$3 command=$4; shift 4
  mount --bind "$root" "$root" && mount -o remount,bind,ro "$root"
  mount -t tmpfs -o mode=1777 tmp "$root/tmp"
  exec chroot --userspec="$user" "$root" /usr/bin/env -i PATH=/usr/bin:/bin HOME="$folder" EMOJICAM_TOKEN="$EMOJICAM_TOKEN" "$@" \
    /usr/bin/python3 -c "import json, os, sys; os.chdir(sys.argv[2]); words = json.loads(sys.argv[1]); os.execv(words[0], words)" \
    "$command" "$folder"
' - "$root" "$user" "$folder" "$command" "${environment[@]}" 2>"$root.log" &
server=$!
stop() { kill "$server" 2>/dev/null || true; wait "$server" || true; }
for _ in $(seq 120); do
  grep -q "http://" "$root.log" && break
  kill -0 "$server" || { cat "$root.log"; exit 1; }
  sleep 0.5
done
python3 - "$token" "$repository/assets/samples/astronaut.png" <<'PYTHON' || { cat "$root.log"; stop; exit 1; }
import json, sys, urllib.request

token, photo = sys.argv[1:]
with open(photo, "rb") as file:
    content = file.read()
body = b'--limit\r\nContent-Disposition: form-data; name="photo"\r\n\r\n' + content + b"\r\n--limit--\r\n"
headers = {
    "Content-Type": "multipart/form-data; boundary=limit",
    "Accept": "application/json",
    "Authorization": f"Bearer {token}",
}
request = urllib.request.Request("http://127.0.0.1:8000/api/photo", body, headers)
with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=60) as answer:
    (face,) = json.load(answer)["faces"]
assert face["emotion"] == "happiness", face
PYTHON
stop
rm -f "$root.log"
echo "== done"
