// A clip from a file: played once through the camera's line, and recorded as it plays, with its sound.
import { $ } from "./elements.js";
import { Line } from "./line.js";
import { stem } from "./names.js";
import { Recorded } from "./recorded.js";
import { canRecord, Recorder } from "./recorder.js";
import { Sound } from "./sound.js";
import { because, clock, named, word } from "./words.js";

const LONGEST = 600; // seconds: the recording is kept in memory
const REHEARSALS = 6; // times that the first frame is shown to the server, until it is sure of the faces
const [LEAST, MOST] = [80, 1000]; // ms by which pictures and sound are late
const ALIVE = 10_000; // ms after which a line over which nothing goes says that it is wanted

const IDLE = 4408; // the server's code for a line over which nothing went

const happened = (target, event) => new Promise((done) => target.addEventListener(event, done, { once: true }));
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

export class Clip {
  constructor(look) {
    this.look = look;
    this.video = $("clip-source");
    this.sound = new Sound(this.video);
    this.run = null;
    this.recorded = new Recorded($("clip-recorded"), { dropped: () => this.again(), failed: (text) => this.notice(text) });
    for (const id of ["clip-choose", "clip-other"]) $(id).addEventListener("click", () => $("clip-file").click());
    $("clip-file").addEventListener("change", (event) => {
      const [file] = event.target.files;
      event.target.value = "";
      if (file) this.open(file);
    });
    $("clip-run").addEventListener("click", () => this.play());
    $("clip-cancel").addEventListener("click", () => this.cancel());
    $("clip-hear").addEventListener("change", () => this.sound.hear($("clip-hear").checked));
    document.addEventListener("visibilitychange", () => this.run && this.hold(document.hidden));
    // Where the browser doesn't get on with the clip, the recording waits as well.
    for (const event of ["waiting", "playing"]) this.video.addEventListener(event, () => this.run?.recorder?.hold(event === "waiting"));
  }

  // `others`: it came with others, which are not played.
  async open(file, { others = false } = {}) {
    this.halt();
    this.recorded.drop();
    this.notice(others ? word("clip.alone", { name: file.name }) : "");
    this.file = file;
    if (!file.size) return this.refuse("clip.bad");
    if (this.url) URL.revokeObjectURL(this.url);
    this.url = URL.createObjectURL(file);
    this.video.src = this.url;
    const event = await Promise.race([happened(this.video, "loadeddata"), happened(this.video, "error")]);
    if (this.file !== file) return; // another one was chosen meanwhile
    if (event.type === "error" || !this.video.videoWidth) return this.refuse("clip.bad");
    if (Number.isFinite(this.video.duration) && this.video.duration > LONGEST) return this.refuse("clip.long");
    $("clip-name").textContent = file.name;
    this.state("ready");
    $("clip-run").focus();
  }

  refuse(key) {
    this.video.removeAttribute("src");
    this.video.load();
    this.state("empty");
    this.notice(word(key));
    $("clip-choose").focus();
  }

  // "empty", "ready" to be played, "running" or "done".
  state(now) {
    $("panel-clip").dataset.state = now;
    $("clip-empty").hidden = now !== "empty";
    $("clip-bench").hidden = now === "empty";
    this.video.hidden = now !== "ready";
    $("clip-live").hidden = $("clip-playing").hidden = $("clip-progress").hidden = now !== "running";
    $("clip-screen").hidden = $("clip-run").hidden = now === "done";
    $("clip-start").hidden = now === "running";
  }

  async play() {
    if (!canRecord()) return this.notice(word("camera.no-record"));
    this.notice("");
    const run = {};
    this.run = run;
    this.progress();
    this.state("running");
    this.tell(word("clip.getting"));
    $("clip-cancel").focus();
    await this.sound.wake();
    this.sound.hear($("clip-hear").checked);
    if (this.video.currentTime) {
      this.video.currentTime = 0;
      await happened(this.video, "seeked");
    }
    if (this.run !== run) return;
    const closed = (code) => this.run === run && this.fail(code === IDLE ? word("clip.idle") : because("camera.closed", code));
    run.line = new Line(this.video, $("clip-live"), { look: this.look, closed });
    await this.prepare(run);
    if (this.run === run) await this.perform(run);
  }

  // Picture and sound are to be late by the same time, which nearly all frames keep.
  async prepare(run) {
    const trip = await run.line.rehearse(REHEARSALS);
    run.line.delay = Math.min(MOST, Math.max(LEAST, 2 * trip));
    this.sound.delay(run.line.delay);
    run.recorder = new Recorder($("clip-live"), this.sound.tracks);
    run.ticker = setInterval(() => this.count(run), 250);
  }

  async perform(run) {
    const { line, recorder } = run;
    const ended = happened(this.video, "ended");
    line.follow();
    await this.video.play();
    this.tell(word("clip.playing"));
    await pause(line.delay);
    if (document.hidden) await happened(document, "visibilitychange");
    if (this.run !== run) return;
    recorder.start();
    await ended;
    await line.drain();
    if (this.run === run) await this.finish(run);
  }

  async finish({ recorder }) {
    this.halt({ keep: true });
    const blob = await recorder.stop();
    if (!blob.size) return this.fail(word("camera.too-short"));
    this.recorded.show(blob, `${stem(this.file.name)}-emoji.${blob.type === "video/mp4" ? "mp4" : "webm"}`);
    this.state("done");
    this.tell(word("camera.clip-ready"));
    $("clip-recorded").querySelector(".save").focus();
  }

  count(run) {
    this.progress();
    const { seen } = run.line;
    if (seen) {
      const faces = seen.faces.map((face) => named("emotion", face.emotion)).join(", ") || word("camera.no-face");
      $("clip-live").setAttribute("aria-label", word("clip.seen", { faces }));
    }
    if (this.video.currentTime > LONGEST) this.video.dispatchEvent(new Event("ended")); // of a clip that doesn't say how long it is
    if (document.hidden && performance.now() - (run.alive ?? 0) > ALIVE) {
      run.alive = performance.now();
      run.line.changeLook();
    }
  }

  progress() {
    const { currentTime: now, duration } = this.video;
    const known = Number.isFinite(duration);
    if (known) [$("clip-bar").max, $("clip-bar").value] = [duration, now];
    else $("clip-bar").removeAttribute("value");
    $("clip-time").textContent = known ? word("clip.time", { now: clock(now), all: clock(duration) }) : clock(now);
  }

  // A page that isn't seen gets no frames: the clip waits until it is.
  hold(held) {
    this.run.recorder?.hold(held);
    if (held) {
      this.sound.sleep();
      this.video.pause();
    } else {
      this.sound.wake();
      if (this.run.recorder) this.video.play();
    }
  }

  changeLook() {
    this.run?.line?.changeLook();
  }

  cancel() {
    this.halt();
    this.again();
    this.tell(word("clip.cancelled"));
  }

  again() {
    this.video.currentTime = 0;
    this.state("ready");
    $("clip-run").focus();
  }

  fail(text) {
    this.halt();
    this.again();
    this.notice(text);
  }

  halt({ keep = false } = {}) {
    const { run } = this;
    this.run = null;
    if (!run) return;
    clearInterval(run.ticker);
    run.line?.close();
    this.video.pause();
    this.sound.sleep();
    if (!keep) run.recorder?.stop();
  }

  tell(text) {
    $("clip-status").textContent = text;
  }

  notice(text) {
    $("clip-notice").textContent = text;
    $("clip-notice").hidden = !text;
  }
}
