// The photos of this visit: each is looked at once, and drawn anew whenever its faces or the look change.
import { Edits, fromSeen } from "./edits.js";
import { isClip, resultName } from "./names.js";
import { LIMITS, Refused, draw, formOf, see } from "./server.js";
import { fitting } from "./shrink.js";
import { word } from "./words.js";

const TRIES = 8; // of a photo for which the server has no time

const pause = (seconds) => new Promise((done) => setTimeout(done, 1000 * seconds));

export class Photo {
  constructor(file) {
    this.file = file;
    this.name = file.name || "photo";
    this.state = "waiting"; // reading, drawing, done or bad
    this.refusal = null; // why it is bad, or has to wait
    this.wish = 0; // goes up with each change: what was drawn for an earlier one is old
    this.drawn = -1;
    this.tries = 0;
  }

  get ready() {
    return this.state === "done" && this.drawn === this.wish;
  }

  get why() {
    return this.refusal ? (this.refusal.words ?? word(this.refusal)) : "";
  }

  get resultName() {
    return resultName(this.name, this.image.type);
  }

  change() {
    this.wish += 1;
  }

  show(image) {
    if (this.url) URL.revokeObjectURL(this.url);
    this.image = image;
    this.url = URL.createObjectURL(image);
  }

  forget() {
    for (const url of [this.url, this.before]) if (url) URL.revokeObjectURL(url);
    this.gone = true;
  }
}

export class Photos {
  constructor(look, changed) {
    this.look = look;
    this.changed = changed;
    this.list = [];
    this.current = null;
    this.busy = false;
  }

  add(files) {
    const fresh = [...files].map((file) => new Photo(file));
    if (!fresh.length) return;
    this.list.push(...fresh);
    this.select(fresh[0]);
    this.work();
  }

  select(photo) {
    this.current = photo;
    this.changed();
  }

  remove(photo) {
    const at = this.list.indexOf(photo);
    this.list.splice(at, 1);
    photo.forget();
    if (this.current === photo) this.current = this.list[Math.min(at, this.list.length - 1)] ?? null;
    this.changed();
  }

  clear() {
    for (const photo of this.list) photo.forget();
    this.list = [];
    this.select(null);
  }

  get done() {
    return this.list.filter((photo) => photo.image);
  }

  get waiting() {
    return this.list.filter((photo) => photo.state !== "bad" && !photo.ready);
  }

  // The faces of a photo have changed; more changes may follow within `pause` ms, as of a key that is held down.
  redraw(photo, pause = 0) {
    photo.change();
    photo.held = true;
    this.changed();
    clearTimeout(photo.timer);
    photo.timer = setTimeout(() => {
      photo.held = false;
      this.work();
    }, pause);
  }

  // The look of all has changed.
  restyle() {
    for (const photo of this.list) {
      photo.change();
      photo.tries = 0;
    }
    this.changed();
    this.work();
  }

  // One after the other, the one that is looked at first.
  async work() {
    if (this.busy) return;
    this.busy = true;
    try {
      for (let next = this.next(); next; next = this.next()) await this.attend(next);
    } finally {
      this.busy = false;
    }
    this.changed();
  }

  next() {
    const due = this.waiting.filter((photo) => !photo.held);
    return due.includes(this.current) ? this.current : due[0];
  }

  async attend(photo) {
    try {
      await this.prepare(photo);
      if (photo.gone) return; // taken away while it was prepared
      if (photo.state !== "bad") await this.process(photo);
      photo.tries = 0;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (photo.gone) return;
      photo.refusal = error;
      photo.tries += 1;
      const again = error.later && photo.tries < TRIES;
      // A photo that has been seen stays on the page, as it was drawn last.
      photo.state = again ? "waiting" : photo.image ? "done" : "bad";
      if (!again) photo.drawn = photo.wish;
      this.changed();
      if (again) await pause(error.seconds);
    }
  }

  async prepare(photo) {
    if (photo.sent) return;
    if (isClip(photo.file)) return this.refuse(photo, "refused.clip");
    if (photo.file.size === 0) return this.refuse(photo, "refused.empty");
    const { blob, picture, smaller } = await fitting(photo.file, LIMITS);
    if (photo.gone) return;
    if (blob.size > LIMITS.bytes) return this.refuse(photo, new Refused(413));
    photo.sent = blob;
    photo.smaller = smaller;
    if (picture) photo.before = URL.createObjectURL(blob);
    this.changed();
  }

  async process(photo) {
    const { wish } = photo;
    const first = !photo.edits;
    photo.state = first ? "reading" : "drawing";
    this.changed();
    if (first) {
      const { seen, image } = await see(photo.sent, this.look());
      if (photo.gone) return;
      photo.seen = seen;
      photo.edits = new Edits(fromSeen(seen));
      photo.show(image);
    } else {
      const image = await draw(photo.sent, photo.edits.faces, this.look());
      if (photo.gone) return;
      photo.show(image);
    }
    photo.drawn = wish;
    photo.state = "done";
    photo.refusal = null;
    this.changed();
  }

  refuse(photo, why) {
    photo.state = "bad";
    photo.refusal = why;
    this.changed();
  }
}

// The result in a format of the user's choice.
export async function inFormat(photo, form, look) {
  if (form === formOf(photo.sent)) return photo.image;
  return draw(photo.sent, photo.edits.faces, look, form);
}
