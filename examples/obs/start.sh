#!/bin/sh
# Feed a virtual camera that OBS Studio can read: start.sh [SOURCE] [options of `emojicam live`]. Linux; see README.md.
set -eu

device=${EMOJICAM_DEVICE:-/dev/video10}
number=${device#/dev/video}

if [ ! -e "$device" ]; then
  echo "making the virtual camera $device (needs your password)"
  sudo modprobe v4l2loopback devices=1 "video_nr=$number" card_label=emojicam exclusive_caps=1
fi

source=0
case ${1:-} in
  "" | -*) ;;
  *) source=$1; shift ;;
esac

exec emojicam live "$source" --virtual-camera "$device" --no-window --crop --size 1280x720 --rate 30 \
  --cover-all-on-loss "$@"
