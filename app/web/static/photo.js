// A photo in, the photo with emoji out.
import { card } from "./faces.js";

const $ = (id) => document.getElementById(id);
// How large a photo may be: the server says it.
const LIMITS = $("drop").dataset;

const WORDS = {
  401: "This server wants its token again. Load the page anew.",
  403: "The server takes photos from its own page only. Load the page anew.",
  408: "The photo took too long to arrive. Try again, perhaps with a smaller one.",
  413: `This photo is too large: ${LIMITS.most} are the most. A smaller copy will do.`,
  415: "This is no picture that can be read here. JPEG, PNG, WebP, HEIC, AVIF, TIFF, BMP and GIF are, unless they move.",
  429: "That was a lot of photos. Give it a moment, then try again.",
  503: "There is a lot to do right now. Try again in a moment.",
};

// Where the divider is at first: through a single face, or behind the first of several.
function start(seen) {
  const middles = seen.faces.map(({ box }) => (100 * (box[0] + box[2] / 2)) / seen.width).sort((a, b) => a - b);
  if (!middles.length) return 0;
  const at = middles.length === 1 ? middles[0] : (middles[0] + middles[1]) / 2;
  return Math.round(Math.min(85, Math.max(15, at)));
}

export class Photo {
  constructor(look, snap) {
    this.look = look;
    this.file = null;
    this.turn = 0;
    this.fresh = false; // a photo that hasn't been shown yet
    this.urls = [];
    $("choose").addEventListener("click", () => $("file").click());
    $("take").addEventListener("click", snap);
    $("sample").addEventListener("click", () => this.sample());
    $("another").addEventListener("click", () => this.reset());
    $("save-jpeg").addEventListener("click", () => this.save("jpeg"));
    $("save-png").addEventListener("click", () => this.save("png"));
    for (const id of ["file", "snap"]) {
      $(id).addEventListener("change", (event) => {
        const [file] = event.target.files;
        event.target.value = "";
        if (file) this.open(file);
      });
    }
    $("at").addEventListener("input", () => this.slide());
    this.takeDrops();
    addEventListener("paste", (event) => {
      if ($("panel-photo").hidden) return;
      const file = [...(event.clipboardData?.files ?? [])][0];
      if (file) this.open(file);
    });
  }

  takeDrops() {
    let inside = 0;
    const panel = $("panel-photo");
    addEventListener("dragenter", (event) => {
      event.preventDefault();
      inside += 1;
      panel.classList.add("over");
    });
    addEventListener("dragleave", () => {
      inside -= 1;
      if (inside <= 0) panel.classList.remove("over");
    });
    addEventListener("dragover", (event) => event.preventDefault());
    addEventListener("drop", (event) => {
      event.preventDefault();
      inside = 0;
      panel.classList.remove("over");
      const [file] = event.dataTransfer.files;
      if (file && !panel.hidden) this.open(file);
    });
  }

  async sample() {
    try {
      const answer = await fetch("/static/sample.png");
      if (answer.ok) await this.open(await answer.blob());
      else this.complain(answer.status);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      this.complain(0);
    }
  }

  async open(file) {
    this.notice("");
    if (file.size > Number(LIMITS.bytes)) return this.complain(413);
    if (file.size === 0) return this.say("This file is empty.");
    this.file = file;
    this.fresh = true;
    await this.redraw();
  }

  async redraw() {
    if (!this.file) return;
    const turn = ++this.turn;
    const { file } = this;
    $("working").hidden = false;
    if (this.fresh && !$("empty").hidden) $("photo-status").textContent = "Reading faces…";
    const form = new FormData();
    form.append("photo", file, "photo");
    const look = this.look();
    form.append("style", look.style);
    form.append("theme", look.theme);
    form.append("image", file.type === "image/png" || file.type === "image/webp" ? "png" : "jpeg");
    let answer;
    let seen;
    try {
      answer = await fetch("/api/photo", { method: "POST", body: form, headers: { Accept: "application/json" } });
      seen = await answer.json();
    } catch (error) {
      if (!(error instanceof TypeError || error instanceof SyntaxError)) throw error;
      if (turn === this.turn) this.complain(answer?.status ?? 0);
      return;
    }
    if (turn !== this.turn) return; // a newer wish is under way
    if (!answer.ok) return this.complain(answer.status, seen.error);
    await this.show(seen, file, look, turn);
  }

  async show(seen, file, look, turn) {
    const after = $("after");
    const before = $("before");
    const { fresh } = this;
    this.fresh = false;
    after.src = seen.image;
    if (fresh) {
      for (const url of this.urls) URL.revokeObjectURL(url);
      this.urls = [URL.createObjectURL(file)];
      before.src = this.urls[0];
      $("at").value = start(seen);
      this.slide();
    }
    const [, shown] = await Promise.allSettled([after.decode(), before.decode()]);
    if (turn !== this.turn) return; // thrown away, or replaced, meanwhile
    // Most browsers can't show HEIC or TIFF: then there is no before.
    $("compare").classList.toggle("alone", shown.status === "rejected");
    $("working").hidden = true;
    $("empty").hidden = true;
    $("result").hidden = false;
    const several = seen.faces.length > 1;
    const faces = [...seen.faces].sort((a, b) => a.box[0] + a.box[2] / 2 - (b.box[0] + b.box[2] / 2));
    this.tell(faces);
    $("faces").replaceChildren(...faces.map((face, place) => card(face, place + 1, several, look.folder)));
    $("marks").replaceChildren(...(several ? faces.map((face, place) => this.mark(face, place + 1, seen)) : []));
    if (fresh) $("result-title").focus({ preventScroll: true });
  }

  mark(face, number, seen) {
    const dot = document.createElement("span");
    const [left, top, width, height] = face.box;
    dot.className = "mark";
    dot.textContent = number;
    const within = (share) => `${Math.min(97, Math.max(3, 100 * share))}%`;
    dot.style.left = within((left + width * 1.15) / seen.width);
    dot.style.top = within((top + height * 1.2) / seen.height);
    return dot;
  }

  tell(faces) {
    const words = {};
    for (const face of faces) words[face.emotion] = (words[face.emotion] ?? 0) + 1;
    const list = Object.entries(words).map(([word, count]) => (count > 1 ? `${count} × ${word}` : word));
    const said = $("said");
    const small = document.createElement("small");
    if (!faces.length) {
      said.textContent = "No face found";
      small.textContent = "So the picture is unchanged. Faces that are larger, lit and turned to the camera are found best.";
    } else {
      said.textContent = faces.length === 1 ? "One face" : `${faces.length} faces`;
      small.textContent = faces.length === 1 ? `that looks like ${list[0]}.` : `${list.join(", ")}.`;
    }
    $("photo-status").textContent = `${said.textContent}. ${small.textContent}`;
    said.append(small);
  }

  slide() {
    const at = Number($("at").value);
    $("compare").style.setProperty("--at", `${at}%`);
    $("at").setAttribute("aria-valuetext", `${at} % before, ${100 - at} % after`);
    $("compare").querySelector(".left").style.opacity = at > 15 ? 1 : 0;
    $("compare").querySelector(".right").style.opacity = at < 85 ? 1 : 0;
    $("marks").style.opacity = at < 85 ? 1 : 0;
  }

  async save(form) {
    const wish = new FormData();
    wish.append("photo", this.file, "photo");
    const look = this.look();
    wish.append("style", look.style);
    wish.append("theme", look.theme);
    let answer;
    try {
      answer = await fetch("/api/photo", { method: "POST", body: wish, headers: { Accept: `image/${form}` } });
      if (!answer.ok) return this.complain(answer.status);
      const url = URL.createObjectURL(await answer.blob());
      const link = document.createElement("a");
      link.href = url;
      link.download = `emojicam.${form === "jpeg" ? "jpg" : form}`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(url), 60_000);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      this.complain(answer?.status ?? 0);
    }
  }

  complain(status, why) {
    const damaged = status === 400 && why === "the photo is damaged" ? "This photo is damaged and can't be read." : "";
    this.say(damaged || WORDS[status] || (status ? "That did not work." : "The server can't be reached. Is it still running?"));
  }

  say(text) {
    $("working").hidden = true;
    $("photo-status").textContent = "";
    this.notice(text);
  }

  notice(text) {
    $("photo-notice").textContent = text;
    $("photo-notice").hidden = !text;
  }

  reset() {
    this.turn += 1;
    this.file = null;
    this.notice("");
    for (const id of ["before", "after"]) $(id).removeAttribute("src");
    for (const url of this.urls) URL.revokeObjectURL(url);
    this.urls = [];
    $("result").hidden = true;
    $("empty").hidden = false;
    $("choose").focus();
  }
}
