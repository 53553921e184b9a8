// The camera: turned on and off, shown with emoji, recorded, and photographed.
import { Cameras } from "./cameras.js";
import { Countdown } from "./countdown.js";
import { $ } from "./elements.js";
import { FullScreen } from "./fullscreen.js";
import { Line } from "./line.js";
import { LiveCards } from "./livecards.js";
import { Recorded } from "./recorded.js";
import { canRecord, Recorder } from "./recorder.js";
import { because, clock, named, say, word } from "./words.js";

const LONGEST = 300; // seconds of a recording: it is kept in memory

export class Camera {
  constructor(look, taken) {
    this.look = look;
    this.taken = taken;
    this.run = null;
    this.recorder = null;
    this.cards = new LiveCards($("live-faces"));
    this.cameras = new Cameras($("which-row"), $("which"), () => this.run && this.start());
    this.screen = new FullScreen($("booth"), $("full"));
    this.countdown = new Countdown($("later"), () => this.shoot(), (text) => this.tell(text));
    this.recorded = new Recorded($("camera-recorded"), { dropped: () => $("record").focus(), failed: (text) => this.notice(text) });
    $("start").addEventListener("click", () => this.start());
    $("stop").addEventListener("click", () => {
      this.stop();
      $("start").focus();
    });
    $("record").addEventListener("click", () => this.record());
    $("shot").addEventListener("click", () => this.shoot());
    $("sharp").addEventListener("change", () => this.run && this.start());
    addEventListener("pagehide", () => this.stop());
  }

  async start() {
    this.halt();
    this.notice("");
    if (!navigator.mediaDevices?.getUserMedia) {
      this.off();
      this.notice(word("camera.insecure"));
      return;
    }
    const run = {};
    this.run = run;
    $("start").disabled = true;
    try {
      run.stream = await navigator.mediaDevices.getUserMedia({ video: this.wish(), audio: false });
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
      if (this.run === run) this.end(because("camera.refused", error.name));
      return;
    } finally {
      $("start").disabled = false;
    }
    if (this.run !== run) return halt(run.stream); // turned off meanwhile
    this.watch(run);
    run.video = document.createElement("video");
    run.video.muted = true;
    run.video.playsInline = true;
    run.video.srcObject = run.stream;
    const mirrored = () => $("mirror").checked;
    const closed = (code) => this.run === run && this.end(because("camera.closed", code));
    run.line = new Line(run.video, $("live"), { look: this.look, mirrored, closed });
    try {
      await run.video.play();
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
    }
    if (this.run === run) this.on(run);
  }

  wish() {
    const [width, height] = $("sharp").checked ? [1280, 720] : [640, 480];
    const which = this.cameras.chosen ? { deviceId: { exact: this.cameras.chosen } } : { facingMode: "user" };
    return { width: { ideal: width }, height: { ideal: height }, frameRate: { ideal: 30 }, ...which };
  }

  watch(run) {
    const [track] = run.stream.getVideoTracks();
    track.addEventListener("ended", () => {
      if (this.run === run) this.end(word("camera.unplugged"));
    });
    const { deviceId, facingMode } = track.getSettings();
    if (facingMode === "environment") $("mirror").checked = false; // it doesn't look at who holds it
    this.cameras.list(deviceId);
  }

  on(run) {
    $("off").hidden = true;
    $("live").hidden = $("meter").hidden = $("controls").hidden = $("corner").hidden = false;
    $("screen").classList.add("on");
    blank($("live")); // of what an earlier run showed
    $("fps").textContent = $("trip").textContent = 0;
    this.tell(word("camera.on"));
    if (document.activeElement === $("start") || document.activeElement === document.body) $("shot").focus();
    run.line.follow();
    run.ticker = setInterval(() => this.count(run), 500);
  }

  count({ line }) {
    const { rate, trip, slow } = line.figures;
    $("fps").textContent = Math.round(rate);
    $("trip").textContent = Math.round(trip);
    // For tests, and for whoever wants to know more than the median.
    $("meter").dataset.p95 = slow?.toFixed(1) ?? "";
    if (line.seen) {
      this.cards.show(line.seen.faces, this.look().folder);
      const faces = line.seen.faces.map((face) => named("emotion", face.emotion)).join(", ") || word("camera.no-face");
      $("live").setAttribute("aria-label", word("camera.seen", { faces }));
    }
    if (this.recorder) {
      $("clock").textContent = clock(this.recorder.seconds);
      if (this.recorder.seconds >= LONGEST) this.record();
    }
  }

  changeLook() {
    this.run?.line?.changeLook();
  }

  record() {
    if (this.recorder) return this.finish();
    if (!canRecord()) return this.notice(word("camera.no-record"));
    this.notice("");
    this.recorder = new Recorder($("live"));
    this.recorder.start();
    this.recording(true);
  }

  async finish() {
    const { recorder } = this;
    this.recorder = null;
    this.recording(false);
    const blob = await recorder.stop();
    await this.screen.leave(); // what is recorded is seen below
    if (!blob.size) return this.notice(word("camera.too-short"));
    this.recorded.show(blob, blob.type === "video/mp4" ? "emojicam.mp4" : "emojicam.webm");
    this.tell(word("camera.clip-ready"));
  }

  recording(on) {
    $("record").setAttribute("aria-pressed", String(on));
    say($("record").querySelector("span"), on ? "camera.record-stop" : "camera.record");
    $("recording").hidden = !on;
    $("clock").textContent = clock(0);
  }

  async shoot() {
    const video = this.run?.video;
    if (!video?.videoWidth) return;
    this.countdown.stop();
    const sheet = document.createElement("canvas");
    [sheet.width, sheet.height] = [video.videoWidth, video.videoHeight];
    sheet.getContext("2d").drawImage(video, 0, 0);
    const blob = await new Promise((done) => sheet.toBlob(done, "image/jpeg", 0.95));
    await this.screen.leave();
    if (blob) this.taken(blob);
  }

  end(text) {
    this.stop();
    this.notice(text);
  }

  stop() {
    this.screen.leave();
    this.halt();
    this.off();
  }

  halt() {
    const { run } = this;
    this.run = null;
    this.countdown.stop();
    if (this.recorder) this.finish();
    if (!run) return;
    if (run.stream) halt(run.stream);
    if (run.video) run.video.srcObject = null;
    run.line?.close();
    clearInterval(run.ticker);
    this.tell(word("camera.off"));
  }

  off() {
    this.cards.show([], "");
    $("live").hidden = $("meter").hidden = $("controls").hidden = $("corner").hidden = true;
    $("off").hidden = false;
    $("screen").classList.remove("on");
  }

  tell(text) {
    $("camera-status").textContent = text;
  }

  notice(text) {
    $("camera-notice").textContent = text;
    $("camera-notice").hidden = !text;
  }
}

function blank(canvas) {
  canvas.getContext("2d", { alpha: false }).clearRect(0, 0, canvas.width, canvas.height);
}

function halt(stream) {
  for (const track of stream.getTracks()) track.stop();
}
