// A card for each face: one plain sentence; the bars behind a click; and the way to its menu.
import { bars } from "./bars.js";
import { inOrder } from "./edits.js";
import { $, button, element, icon } from "./elements.js";
import { remark, sentence } from "./sentence.js";
import { word } from "./words.js";

function picture(face, folder) {
  if (face.show === "none" || face.show === "blur") {
    const sign = icon(face.show);
    sign.classList.add("emoji");
    return sign;
  }
  const emoji = element("img", "emoji");
  emoji.src = `/emoji/${folder}/${face.show}.png`;
  emoji.alt = "";
  return emoji;
}

function head(face, number, several, folder) {
  const name = element("span", "name");
  name.append(element("b", "", sentence(face)));
  const small = [several ? word("face.number", { number }) : "", remark(face)].filter(Boolean).join(", ");
  if (small) name.append(element("small", "", small));
  return [picture(face, folder), name];
}

export class Cards {
  constructor(folder, open) {
    this.folder = folder;
    this.open = open;
    this.unfolded = new Set();
    this.shown = "";
  }

  show(photo) {
    const faces = inOrder(photo?.edits?.faces ?? []);
    // Made anew only when they say something else, so that nothing moves under the pointer.
    const said = JSON.stringify([this.folder(), document.documentElement.lang, faces.map(({ box, ...face }) => face)]);
    if (said === this.shown) return;
    this.shown = said;
    $("faces").replaceChildren(...faces.map((face, place) => this.card(face, place + 1, faces.length > 1)));
  }

  card(face, number, several) {
    const item = element("li", "face");
    if (face.seen) item.append(this.folded(face, number, several));
    else {
      const plain = element("div", "head");
      plain.append(...head(face, number, several, this.folder()));
      item.append(plain);
    }
    const change = button("change", word("face.change", { number }), "pencil");
    change.addEventListener("click", () => this.open(face.id));
    item.append(change);
    return item;
  }

  folded(face, number, several) {
    const details = element("details");
    details.open = this.unfolded.has(face.id);
    details.addEventListener("toggle", () => this.unfolded[details.open ? "add" : "delete"](face.id));
    const summary = element("summary");
    summary.append(...head(face, number, several, this.folder()));
    details.append(summary, bars(face.seen));
    return details;
  }
}
