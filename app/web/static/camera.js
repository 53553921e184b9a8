// The camera's frames over a WebSocket, at most two under way; what comes back is shown and can be recorded.
import { $ } from "./elements.js";
import { LiveCards } from "./livecards.js";
import { has, named, word } from "./words.js";

const MOST = 2; // frames under way
const QUALITY = 0.8;
const LONGEST = 300; // seconds of a clip: it is kept in memory
const WIDEST = 1280; // px of a frame's longer side: what the server takes, and what a face needs

// The words for an error of the browser, or for the code with which the server ends a stream.
const because = (family, name) => word(has(`${family}.${name}`) ? `${family}.${name}` : `${family}.other`);

export class Camera {
  constructor(look, taken) {
    this.look = look;
    this.taken = taken;
    this.cards = new LiveCards($("live-faces"));
    this.run = null;
    this.clip = null;
    $("start").addEventListener("click", () => this.start());
    $("stop").addEventListener("click", () => {
      this.stop();
      $("start").focus();
    });
    $("record").addEventListener("click", () => this.record());
    $("shot").addEventListener("click", () => this.shoot());
    $("drop-clip").addEventListener("click", () => this.dropClip());
    $("sharp").addEventListener("change", () => this.run && this.start());
    addEventListener("pagehide", () => this.stop());
  }

  async start() {
    this.stop();
    this.notice("");
    if (!navigator.mediaDevices?.getUserMedia) {
      this.notice(word("camera.insecure"));
      return;
    }
    const run = { under: new Map(), number: 0, times: [], trips: [], pending: false, packing: false, shown: 0 };
    this.run = run;
    $("start").disabled = true;
    const [width, height] = $("sharp").checked ? [1280, 720] : [640, 480];
    try {
      const video = { width: { ideal: width }, height: { ideal: height }, frameRate: { ideal: 30 }, facingMode: "user" };
      run.stream = await navigator.mediaDevices.getUserMedia({ video, audio: false });
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
      if (this.run === run) this.end(because("camera.refused", error.name));
      return;
    } finally {
      $("start").disabled = false;
    }
    if (this.run !== run) return halt(run.stream); // turned off meanwhile
    run.stream.getVideoTracks()[0].addEventListener("ended", () => {
      if (this.run === run) this.end(word("camera.unplugged"));
    });
    run.video = document.createElement("video");
    run.video.muted = true;
    run.video.playsInline = true;
    run.video.srcObject = run.stream;
    run.small = document.createElement("canvas");
    run.socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/api/camera`);
    run.socket.binaryType = "arraybuffer";
    run.socket.addEventListener("open", () => this.changeLook());
    run.socket.addEventListener("message", (event) => this.show(run, event.data));
    run.socket.addEventListener("close", (event) => {
      if (this.run === run) this.end(because("camera.closed", event.code));
    });
    try {
      await run.video.play();
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
    }
    if (this.run !== run) return;
    $("off").hidden = true;
    $("live").hidden = $("meter").hidden = $("controls").hidden = false;
    $("screen").classList.add("on");
    $("camera-status").textContent = word("camera.on");
    if (document.activeElement === $("start") || document.activeElement === document.body) $("shot").focus();
    this.next(run);
    run.ticker = setInterval(() => this.count(run), 500);
  }

  // Called for each frame of the camera.
  next(run) {
    if (this.run !== run) return;
    // Without a callback for each frame the screen's rate is the pace, and may be several times the camera's.
    if (run.video.requestVideoFrameCallback || run.video.currentTime !== run.seenTime) {
      run.seenTime = run.video.currentTime;
      run.pending = true;
      this.send(run);
    }
    if (run.video.requestVideoFrameCallback) run.video.requestVideoFrameCallback(() => this.next(run));
    else requestAnimationFrame(() => this.next(run));
  }

  send(run) {
    const { video, socket, small } = run;
    if (!run.pending || run.packing || run.under.size >= MOST || socket.readyState !== WebSocket.OPEN) return;
    if (!video.videoWidth) return;
    run.pending = false;
    run.packing = true;
    const scale = Math.min(1, WIDEST / Math.max(video.videoWidth, video.videoHeight));
    const [width, height] = [Math.round(scale * video.videoWidth), Math.round(scale * video.videoHeight)];
    if (small.width !== width || small.height !== height) {
      small.width = width;
      small.height = height;
    }
    const brush = small.getContext("2d", { alpha: false });
    const mirrored = $("mirror").checked;
    brush.setTransform(mirrored ? -1 : 1, 0, 0, 1, mirrored ? small.width : 0, 0);
    brush.drawImage(video, 0, 0, width, height);
    const number = ++run.number;
    run.under.set(number, performance.now());
    small.toBlob(
      async (blob) => {
        const jpeg = blob && (await blob.arrayBuffer());
        run.packing = false;
        if (!jpeg || this.run !== run || socket.readyState !== WebSocket.OPEN) {
          run.under.delete(number);
          return;
        }
        const message = new Uint8Array(4 + jpeg.byteLength);
        new DataView(message.buffer).setUint32(0, number, true);
        message.set(new Uint8Array(jpeg), 4);
        socket.send(message);
        this.send(run);
      },
      "image/jpeg",
      QUALITY,
    );
  }

  async show(run, data) {
    if (this.run !== run) return;
    const head = new DataView(data);
    const number = head.getUint32(0, true);
    const length = head.getUint32(4, true);
    const then = run.under.get(number);
    for (const one of run.under.keys()) if (one <= number) run.under.delete(one);
    this.send(run);
    const seen = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 8, length)));
    const picture = await createImageBitmap(new Blob([new Uint8Array(data, 8 + length)], { type: "image/jpeg" }));
    if (this.run !== run || number < run.shown) return picture.close();
    run.shown = number;
    const live = $("live");
    if (live.width !== picture.width || live.height !== picture.height) {
      live.width = picture.width;
      live.height = picture.height;
    }
    live.getContext("2d", { alpha: false }).drawImage(picture, 0, 0);
    picture.close();
    const now = performance.now();
    run.times.push(now);
    if (then) run.trips.push([now, now - then]);
    run.seen = seen;
  }

  count(run) {
    const now = performance.now();
    run.times = run.times.filter((time) => now - time < 2000);
    run.trips = run.trips.filter(([time]) => now - time < 2000);
    const trips = run.trips.map(([, trip]) => trip).sort((a, b) => a - b);
    const span = Math.max(1, now - (run.times[0] ?? now));
    $("fps").textContent = run.times.length > 1 ? Math.round((1000 * run.times.length) / span) : 0;
    $("trip").textContent = trips.length ? Math.round(trips[trips.length >> 1]) : 0;
    // For tests, and for whoever wants to know more than the median.
    $("meter").dataset.p95 = trips.length ? trips[Math.floor(0.95 * (trips.length - 1))].toFixed(1) : "";
    if (run.seen) {
      this.cards.show(run.seen.faces, this.look().folder);
      const faces = run.seen.faces.map((face) => named("emotion", face.emotion)).join(", ") || word("camera.no-face");
      $("live").setAttribute("aria-label", word("camera.seen", { faces }));
    }
    if (this.clip?.began) {
      const seconds = Math.floor((now - this.clip.began) / 1000);
      $("clock").textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
      if (seconds >= LONGEST) this.record();
    }
  }

  changeLook() {
    const socket = this.run?.socket;
    const { style, theme } = this.look();
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ style, theme }));
  }

  record() {
    if (this.clip?.recorder.state === "recording") {
      this.clip.recorder.stop();
      return;
    }
    if (!window.MediaRecorder) return this.notice(word("camera.no-record"));
    this.dropClip();
    const kinds = ["video/webm;codecs=vp9", "video/webm;codecs=vp8", "video/webm", "video/mp4"];
    const mimeType = kinds.find((kind) => MediaRecorder.isTypeSupported(kind));
    const recorder = new MediaRecorder($("live").captureStream(30), { mimeType, videoBitsPerSecond: 4_000_000 });
    const parts = [];
    const clip = { recorder, began: performance.now() };
    this.clip = clip;
    recorder.addEventListener("dataavailable", (event) => parts.push(event.data));
    recorder.addEventListener("stop", () => {
      halt(recorder.stream);
      clip.began = 0;
      this.recording(false);
      if (this.clip !== clip) return;
      clip.url = URL.createObjectURL(new Blob(parts, { type: recorder.mimeType }));
      $("playback").src = $("save-clip").href = clip.url;
      $("save-clip").download = recorder.mimeType.startsWith("video/mp4") ? "emojicam.mp4" : "emojicam.webm";
      $("clip").hidden = false;
      $("camera-status").textContent = word("camera.clip-ready");
    });
    recorder.start(1000);
    this.recording(true);
    $("clock").textContent = "0:00";
  }

  recording(on) {
    $("record").setAttribute("aria-pressed", String(on));
    $("record").querySelector("span").textContent = word(on ? "camera.record-stop" : "camera.record");
    $("recording").hidden = !on;
  }

  dropClip() {
    if (this.clip?.url) URL.revokeObjectURL(this.clip.url);
    if (this.clip) $("playback").removeAttribute("src");
    this.clip = null;
    $("clip").hidden = true;
  }

  shoot() {
    const video = this.run?.video;
    if (!video?.videoWidth) return;
    const sheet = document.createElement("canvas");
    sheet.width = video.videoWidth;
    sheet.height = video.videoHeight;
    sheet.getContext("2d").drawImage(video, 0, 0);
    sheet.toBlob((blob) => blob && this.taken(blob), "image/jpeg", 0.95);
  }

  end(text) {
    this.stop();
    this.notice(text);
  }

  stop() {
    const { run } = this;
    this.run = null;
    if (this.clip?.recorder.state === "recording") this.clip.recorder.stop();
    if (!run) return;
    if (run.stream) halt(run.stream);
    if (run.video) run.video.srcObject = null;
    if (run.socket) run.socket.close();
    clearInterval(run.ticker);
    this.cards.show([], "");
    $("live").hidden = $("meter").hidden = $("controls").hidden = true;
    $("off").hidden = false;
    $("screen").classList.remove("on");
    $("camera-status").textContent = word("camera.off");
  }

  notice(text) {
    $("camera-notice").textContent = text;
    $("camera-notice").hidden = !text;
  }
}

function halt(stream) {
  for (const track of stream.getTracks()) track.stop();
}
