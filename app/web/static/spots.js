// The faces on the photo: buttons that can be opened, moved and made larger, by mouse, touch and keyboard.
import { HEAD, added, inOrder, middle, moved, scaled, shown } from "./edits.js";
import { $, element } from "./elements.js";
import { sentence } from "./sentence.js";
import { word } from "./words.js";

const STEP = 0.01; // of the photo's longer side, by an arrow key; five times as much with Shift
const SIZE = 1.06; // by + and -
const PAUSE = 250; // ms after the last key, when the photo is drawn anew
const TREMBLE = 5; // px that a pointer moves in a click
const SMALL = 12; // px of a box that is drawn, at least
const START = 0.22; // of the photo's shorter side: a face that the keyboard adds

export class Spots {
  constructor(menu, folder, changed) {
    this.menu = menu;
    this.folder = folder;
    this.changed = changed;
    this.photo = null;
    this.buttons = new Map();
    this.adding = false;
    $("add-face").addEventListener("click", (event) => (event.detail ? this.add(!this.adding) : this.addInMiddle()));
    $("undo").addEventListener("click", () => this.undo());
    $("spots").addEventListener("pointerdown", (event) => this.press(event));
    addEventListener("keydown", (event) => this.shortcut(event));
  }

  get edits() {
    return this.photo?.edits;
  }

  show(photo) {
    if (photo !== this.photo) this.add(false);
    this.photo = photo;
    const faces = inOrder(this.edits?.faces ?? []);
    $("undo").disabled = !this.edits?.canUndo;
    $("add-face").disabled = !this.edits;
    const focused = [...this.buttons].find(([, one]) => one === document.activeElement)?.[0];
    for (const [id, one] of this.buttons) if (!faces.some((face) => face.id === id)) this.take(id, one);
    faces.forEach((face, place) => this.place(face, place + 1, faces.length));
    // In the order of their numbers, for the keyboard.
    const ordered = faces.map((face) => this.buttons.get(face.id));
    const there = [...$("spots").querySelectorAll(".spot")];
    if (ordered.some((one, at) => one !== there[at])) {
      $("spots").append(...ordered);
      this.buttons.get(focused)?.focus({ preventScroll: true });
    }
  }

  take(id, one) {
    one.remove();
    this.buttons.delete(id);
  }

  place(face, number, several) {
    let one = this.buttons.get(face.id);
    if (!one) this.buttons.set(face.id, (one = this.make(face.id)));
    this.lay(one, face);
    one.querySelector(".number").textContent = several > 1 ? number : "";
    one.setAttribute("aria-label", word("spot.label", { number, sentence: sentence(face) }));
    one.classList.toggle("bare", face.show === "none");
  }

  lay(one, face) {
    const { width, height } = this.photo.seen;
    const [x, y] = middle(face);
    const [wide, high] = [HEAD * face.box[2], HEAD * face.box[3]];
    one.style.left = `${(100 * (x - wide / 2)) / width}%`;
    one.style.top = `${(100 * (y - high / 2)) / height}%`;
    one.style.width = `${(100 * wide) / width}%`;
    one.style.height = `${(100 * high) / height}%`;
  }

  make(id) {
    const one = element("button", "spot");
    one.type = "button";
    one.setAttribute("aria-haspopup", "menu");
    one.setAttribute("aria-describedby", "spot-help");
    one.dataset.id = id;
    const corner = element("span", "corner");
    corner.setAttribute("aria-hidden", "true");
    one.append(element("span", "number"), corner);
    // A click by keyboard or by a screen reader; pointers are told from drags in `press`.
    one.addEventListener("click", (event) => event.detail === 0 && this.open(id));
    one.addEventListener("keydown", (event) => this.key(event, id));
    $("spots").append(one);
    return one;
  }

  face(id) {
    return this.edits.faces.find((face) => face.id === id);
  }

  number(id) {
    return inOrder(this.edits.faces).findIndex((face) => face.id === id) + 1;
  }

  open(id) {
    const one = this.buttons.get(id);
    const { top, bottom } = one.getBoundingClientRect();
    if (top < 0 || bottom > innerHeight) one.scrollIntoView({ block: "center" }); // of a card far below
    one.focus({ preventScroll: true });
    this.menu.open(this.face(id), this.number(id), this.folder(), one);
  }

  choose(face, what) {
    const now = this.face(face.id);
    if (!now) return;
    if (what === null) this.edits.remove(face.id);
    else if (what !== now.show) this.edits.replace(shown(now, what));
    this.changed();
    (this.buttons.get(face.id) ?? $("add-face")).focus({ preventScroll: true });
  }

  undo() {
    if (!this.edits?.canUndo) return;
    this.edits.undo();
    this.changed();
    if ($("undo").disabled) $("result-title").focus({ preventScroll: true });
  }

  // --- keyboard ---

  key(event, id) {
    const { width, height } = this.photo.seen;
    const step = STEP * Math.max(width, height) * (event.shiftKey ? 5 : 1);
    const way = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] }[event.key];
    const grow = { "+": SIZE, "=": SIZE, "-": 1 / SIZE, _: 1 / SIZE }[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (way) this.edits.replace(moved(this.face(id), ...way, this.photo.seen), `move ${id}`);
    else if (grow) this.edits.replace(scaled(this.face(id), grow, this.photo.seen), `size ${id}`);
    else if (event.key === "Delete" || event.key === "Backspace") this.choose(this.face(id), this.face(id).seen ? "none" : null);
    else return;
    event.preventDefault();
    if (way || grow) this.changed(PAUSE);
  }

  shortcut(event) {
    const typing = event.target.closest?.('input:not([type="range"], [type="radio"], [type="checkbox"]), textarea');
    if ($("panel-photo").hidden || typing) return;
    if ((event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "z") {
      event.preventDefault();
      this.undo();
    } else if (event.key === "Escape" && this.adding) this.add(false);
  }

  // --- faces that were missed ---

  add(on) {
    this.adding = on;
    $("add-face").setAttribute("aria-pressed", String(on));
    $("spots").classList.toggle("adding", on);
    $("add-hint").hidden = !on;
  }

  addInMiddle() {
    const { width, height } = this.photo.seen;
    const side = START * Math.min(width, height);
    this.put([width / 2 - side / 2, height / 2 - side / 2, side, side], { open: false });
  }

  put(box, { open }) {
    const face = added(box, this.menu.labels.includes("happiness") ? "happiness" : this.menu.labels[0], this.photo.seen);
    this.add(false);
    this.edits.add(face);
    this.changed();
    this.buttons.get(face.id).focus({ preventScroll: true });
    if (open) this.open(face.id);
  }

  // --- pointers ---

  at(event) {
    const { left, top, width, height } = $("spots").getBoundingClientRect();
    return [((event.clientX - left) / width) * this.photo.seen.width, ((event.clientY - top) / height) * this.photo.seen.height];
  }

  press(event) {
    if (event.button !== 0 || !this.edits) return;
    const spot = this.adding ? null : event.target.closest(".spot");
    // A finger that moves over the photo moves the page, unless a face is to be added.
    if (!spot && event.pointerType === "touch" && !this.adding) return;
    const [x, y] = this.at(event);
    const face = spot && this.face(Number(spot.dataset.id));
    const drag = { x, y, face, spot, corner: event.target.closest(".corner"), from: event, moved: false };
    if (!spot) drag.frame = element("span", "new-face");
    const move = (next) => this.drag(next, drag);
    const end = (next) => {
      for (const [name, listener] of listeners) removeEventListener(name, listener);
      drag.frame?.remove();
      this.drop(next, drag);
    };
    const listeners = [["pointermove", move], ["pointerup", end], ["pointercancel", end]];
    for (const [name, listener] of listeners) addEventListener(name, listener);
    if (!spot) {
      event.preventDefault();
      document.activeElement?.blur();
      $("spots").append(drag.frame);
    }
  }

  drag(event, drag) {
    if (event.pointerId !== drag.from.pointerId) return;
    const far = Math.hypot(event.clientX - drag.from.clientX, event.clientY - drag.from.clientY);
    drag.moved ||= far > TREMBLE;
    if (!drag.moved) return;
    if (drag.face) {
      drag.now = this.dragged(event, drag);
      this.lay(drag.spot, drag.now);
    } else this.frame(drag, this.at(event));
  }

  dragged(event, { x, y, face, corner }) {
    const [atX, atY] = this.at(event);
    if (!corner) return moved(face, atX - x, atY - y, this.photo.seen);
    const [midX, midY] = middle(face);
    return scaled(face, Math.hypot(atX - midX, atY - midY) / Math.hypot(x - midX, y - midY), this.photo.seen);
  }

  frame(drag, [x, y]) {
    const { width, height } = this.photo.seen;
    const [left, top] = [Math.min(x, drag.x), Math.min(y, drag.y)];
    drag.box = [left, top, Math.abs(x - drag.x), Math.abs(y - drag.y)];
    drag.frame.style.left = `${(100 * left) / width}%`;
    drag.frame.style.top = `${(100 * top) / height}%`;
    drag.frame.style.width = `${(100 * drag.box[2]) / width}%`;
    drag.frame.style.height = `${(100 * drag.box[3]) / height}%`;
  }

  drop(event, drag) {
    const cancelled = event.type === "pointercancel";
    if (drag.face && this.face(drag.face.id) !== drag.face) return; // undone meanwhile
    if (drag.now && !cancelled) {
      this.edits.replace(drag.now);
      this.changed();
    } else if (drag.now) this.lay(drag.spot, drag.face);
    else if (drag.face && !cancelled) this.open(drag.face.id);
    else if (drag.box && !cancelled) {
      const shown = $("spots").getBoundingClientRect().width / this.photo.seen.width;
      if (Math.min(drag.box[2], drag.box[3]) * shown >= SMALL) this.put(drag.box, { open: true });
    }
  }
}
