// The small menu of one face: an emoji of each emotion, blurred, left as it is.
import { $, element, icon } from "./elements.js";
import { capital, named, word } from "./words.js";

const COLUMNS = 4;

export class Menu {
  constructor(labels, chosen) {
    this.labels = labels;
    this.chosen = chosen; // what is called with a face and what to show of it; null removes it
    this.face = null;
    this.box = $("menu");
    this.box.addEventListener("keydown", (event) => this.key(event));
    addEventListener("pointerdown", (event) => {
      if (this.face && !this.box.contains(event.target)) this.close();
    });
  }

  open(face, number, folder, opener) {
    this.face = face;
    this.opener = opener;
    this.box.setAttribute("aria-label", word("menu.title", { number }));
    const emoji = this.labels.map((label) => this.item(face, label, capital(named("emotion", label)), this.picture(label, folder)));
    const others = ["blur", "none"].map((what) => this.item(face, what, word(`menu.${what}`), icon(what)));
    if (!face.seen) others.push(this.item(face, null, word("menu.remove"), icon("close")));
    const grid = element("div", "emojis");
    grid.setAttribute("role", "none");
    grid.append(...emoji);
    this.box.replaceChildren(grid, ...others);
    this.box.hidden = false;
    opener.setAttribute("aria-expanded", "true");
    this.place(opener);
    (this.box.querySelector('[aria-checked="true"]') ?? emoji[0]).focus({ preventScroll: true });
  }

  picture(label, folder) {
    const picture = element("img");
    picture.src = `/emoji/${folder}/${label}.png`;
    picture.alt = "";
    return picture;
  }

  item(face, what, text, picture) {
    const item = element("button", "item");
    item.type = "button";
    item.setAttribute("role", what === null ? "menuitem" : "menuitemradio");
    if (what !== null) item.setAttribute("aria-checked", String(face.show === what));
    item.tabIndex = -1;
    item.title = text;
    item.append(picture, element("span", "", text));
    item.addEventListener("click", () => {
      this.close();
      this.chosen(face, what);
    });
    return item;
  }

  // Below the face, or above it where there is more room; always within the window.
  place(opener) {
    const face = opener.getBoundingClientRect();
    const { width, height } = this.box.getBoundingClientRect();
    const room = document.documentElement.clientWidth;
    const left = Math.max(8, Math.min(room - width - 8, face.left + face.width / 2 - width / 2));
    const below = face.bottom + 8 + height <= innerHeight || face.top - 8 - height < 0;
    const top = below ? Math.min(face.bottom + 8, innerHeight - height - 8) : face.top - height - 8;
    this.box.style.left = `${left}px`;
    this.box.style.top = `${Math.max(8, top)}px`;
  }

  close({ back = false } = {}) {
    if (!this.face) return;
    this.face = null;
    this.box.hidden = true;
    this.opener.removeAttribute("aria-expanded");
    if (back) this.opener.focus({ preventScroll: true });
  }

  key(event) {
    const items = [...this.box.querySelectorAll(".item")];
    const at = items.indexOf(document.activeElement);
    const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: at < this.labels.length ? COLUMNS : 1, ArrowUp: at < this.labels.length ? -COLUMNS : -1 };
    if (event.key in steps) items[Math.max(0, Math.min(items.length - 1, at + steps[event.key]))].focus();
    else if (event.key === "Home") items[0].focus();
    else if (event.key === "End") items.at(-1).focus();
    else if (event.key === "Escape" || event.key === "Tab") this.close({ back: true });
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
