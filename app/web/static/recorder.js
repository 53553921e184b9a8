// Records what a canvas shows, and sound beside it; nothing of it leaves the browser.
import { complete } from "./webm.js";

const BITS = 4_000_000; // a second
const RATE = 30;
const SILENT = ["video/webm;codecs=vp9", "video/webm;codecs=vp8", "video/webm", "video/mp4"];
const SOUNDING = ["video/webm;codecs=vp9,opus", "video/webm;codecs=vp8,opus", "video/webm", "video/mp4"];

export const canRecord = () => Boolean(window.MediaRecorder);

export class Recorder {
  constructor(canvas, sound = []) {
    const mimeType = (sound.length ? SOUNDING : SILENT).find((kind) => MediaRecorder.isTypeSupported(kind));
    const stream = new MediaStream([...canvas.captureStream(RATE).getVideoTracks(), ...sound]);
    this.recorder = new MediaRecorder(stream, { mimeType, videoBitsPerSecond: BITS });
    this.canvas = canvas;
    this.parts = [];
    this.recorder.addEventListener("dataavailable", (event) => this.parts.push(event.data));
    this.ended = new Promise((done) => this.recorder.addEventListener("stop", done));
  }

  start() {
    this.recorder.start(1000);
    this.canvas.getContext("2d").drawImage(this.canvas, 0, 0); // so that there is a first picture
    this.began = performance.now();
  }

  get seconds() {
    return (performance.now() - this.began) / 1000;
  }

  // Stop for a while, and go on: what happens meanwhile is not on the recording.
  hold(held) {
    if (held && this.recorder.state === "recording") this.recorder.pause();
    else if (!held && this.recorder.state === "paused") this.recorder.resume();
  }

  async stop() {
    if (this.recorder.state !== "inactive") this.recorder.stop();
    await this.ended;
    for (const track of this.recorder.stream.getVideoTracks()) track.stop();
    const whole = new Blob(this.parts, { type: this.recorder.mimeType.split(";")[0] });
    return whole.type === "video/webm" ? complete(whole) : whole;
  }
}
