// The workbench: the photo that is looked at, with all that can be done to it.
import { Cards } from "./cards.js";
import { Compare } from "./compare.js";
import { $, element } from "./elements.js";
import { Intake } from "./intake.js";
import { Menu } from "./menu.js";
import { Photos } from "./photos.js";
import { Save } from "./save.js";
import { Refused } from "./server.js";
import { Spots } from "./spots.js";
import { Strip } from "./strip.js";
import { whenSpoken, word } from "./words.js";

const TOAST = 2500; // ms for which a short word is shown
const LABELS = $("menu").dataset.labels.split("|");

export class Bench {
  constructor(look, { snap, take }) {
    const folder = () => look().folder;
    this.photos = new Photos(look, () => this.show());
    this.strip = new Strip(this.photos);
    this.compare = new Compare();
    this.spots = new Spots(new Menu(LABELS, (face, what) => this.spots.choose(face, what)), folder, (pause) => this.photos.redraw(this.photos.current, pause));
    this.cards = new Cards(folder, (id) => this.spots.open(id));
    this.save = new Save(this.photos, look, (key) => this.toast(word(key)), (text) => this.notice(text));
    new Intake(take, { snap, failed: (status) => this.notice(new Refused(status).words) });
    $("another").addEventListener("click", () => this.reset());
    whenSpoken(() => this.show());
  }

  take(files) {
    this.notice("");
    this.photos.add(files);
  }

  restyle() {
    this.photos.restyle();
  }

  show() {
    this.dropBad();
    const { current, list } = this.photos;
    const shown = Boolean(current) && (list.length > 1 || current.before || current.url);
    const first = shown && $("result").hidden;
    $("empty").hidden = shown;
    $("result").hidden = !shown;
    $("reading").hidden = shown || !list.length;
    $("drop").classList.toggle("busy", !$("reading").hidden);
    if (shown) this.showPhoto(current);
    this.progress();
    if (first) $("result-title").focus({ preventScroll: true });
  }

  // Where nothing else is there to be shown, a file that can't be used is spoken of, and forgotten.
  dropBad() {
    const { list } = this.photos;
    if (!list.length || list.some((photo) => photo.state !== "bad")) return;
    this.notice(list.length > 1 ? list.map((photo) => `${photo.name}: ${photo.why}`).join("\n") : list[0].why);
    for (const photo of list) photo.forget();
    this.photos.list = [];
    this.photos.current = null;
  }

  showPhoto(photo) {
    const bad = photo.state === "bad";
    $("result").dataset.state = photo.ready ? "ready" : photo.state;
    $("compare").hidden = bad;
    $("bad").hidden = !bad;
    $("tools").hidden = bad;
    if (bad) $("bad-why").textContent = `${photo.name}: ${photo.why}`;
    else this.compare.show(photo);
    this.strip.show();
    this.spots.show(photo);
    this.cards.show(photo);
    this.save.show(photo);
    this.smaller(photo);
    this.say(photo);
    if (!bad) this.notice(photo.refusal ? photo.why : "");
  }

  smaller({ smaller }) {
    $("smaller").hidden = !smaller;
    if (smaller) $("smaller").textContent = word("photo.smaller", { width: smaller[0], height: smaller[1] });
  }

  say({ edits, state }) {
    const [text, small] = this.words(edits, state);
    $("said").replaceChildren(text);
    if (small) $("said").append(element("small", "", small));
  }

  words(edits, state) {
    if (!edits) return [state === "bad" ? "" : word("photo.reading")];
    const count = edits.faces.length;
    if (!count) return [word("faces.none"), word("faces.none-why")];
    return [count === 1 ? word("faces.one") : word("faces.many", { count }), word("faces.hint")];
  }

  // What a screen reader says while photos are being read.
  progress() {
    const { list, waiting, done, current } = this.photos;
    const [text, small] = current?.edits ? this.words(current.edits, current.state) : [""];
    const counted = list.length > 1 ? word("strip.progress", { done: done.length, all: list.length }) : "";
    const line = waiting.length ? counted || word("photo.reading") : [counted, text, small].filter(Boolean).join(" ");
    $("strip-said").textContent = counted;
    const bad = list.filter((photo) => photo.state === "bad");
    $("bad-list").replaceChildren(...bad.map((photo) => element("li", "", `${photo.name}: ${photo.why}`)));
    if (list.length) this.tell(line);
    else this.tell("");
  }

  tell(text) {
    if ($("photo-status").textContent !== text) $("photo-status").textContent = text;
  }

  toast(text) {
    $("toast").textContent = text;
    $("toast").hidden = false;
    clearTimeout(this.fading);
    this.fading = setTimeout(() => ($("toast").hidden = true), TOAST);
  }

  notice(text) {
    $("photo-notice").textContent = text;
    $("photo-notice").hidden = !text;
  }

  reset() {
    this.notice("");
    this.photos.clear();
    $("choose").focus();
  }
}
