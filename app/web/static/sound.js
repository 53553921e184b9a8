// A video's sound on its way into a recording: as late as the pictures come, and heard by those who want to.
const LATEST = 2; // s

export class Sound {
  constructor(video) {
    this.video = video;
  }

  // A video gives its sound away once and for all, so this is made when it is first needed, by a click.
  make() {
    this.context = new AudioContext();
    this.late = this.context.createDelay(LATEST);
    this.loudness = this.context.createGain();
    this.out = this.context.createMediaStreamDestination();
    this.context.createMediaElementSource(this.video).connect(this.late);
    this.late.connect(this.out);
    this.late.connect(this.loudness).connect(this.context.destination);
  }

  async wake() {
    if (!this.context) this.make();
    await this.context.resume();
  }

  sleep() {
    return this.context?.suspend();
  }

  delay(ms) {
    this.late.delayTime.value = ms / 1000;
  }

  hear(on) {
    if (this.context) this.loudness.gain.value = on ? 1 : 0;
  }

  get tracks() {
    return sounds(this.video) ? this.out.stream.getAudioTracks() : [];
  }
}

// Whether a video has sound: each browser has a way of its own to tell. One that tells nothing gets a silent track.
function sounds(video) {
  if (video.audioTracks) return video.audioTracks.length > 0;
  if ("mozHasAudio" in video) return video.mozHasAudio;
  return (video.webkitAudioDecodedByteCount ?? 1) > 0;
}
