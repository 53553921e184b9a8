// The faces of a stream: one sentence each; of several, the number that labels have, too; the bars behind a click. They
// are changed, not made anew: thirty times a second would be hard on eyes and machine.
import { barRow, setBar } from "./bars.js";
import { element } from "./elements.js";
import { sentence } from "./sentence.js";
import { word } from "./words.js";

const MOST = 4;

export class LiveCards {
  constructor(list) {
    this.list = list;
    this.cards = new Map();
  }

  show(faces, folder) {
    const here = new Set();
    for (const face of faces.slice(0, MOST)) {
      const key = `${document.documentElement.lang}/${folder}/${face.track}`;
      here.add(key);
      let one = this.cards.get(key);
      if (!one) this.cards.set(key, (one = this.make(face)));
      this.update(one, face, folder);
      one.number.textContent = faces.length > 1 ? word("face.number", { number: face.track }) : "";
    }
    for (const [key, one] of this.cards) {
      if (!here.has(key)) {
        one.item.remove();
        this.cards.delete(key);
      }
    }
  }

  make(face) {
    const item = element("li", "face");
    const details = element("details");
    const summary = element("summary");
    const emoji = element("img", "emoji");
    emoji.alt = "";
    const name = element("span", "name");
    const told = element("b");
    const number = element("small");
    name.append(told, number);
    summary.append(emoji, name);
    const list = element("dl", "bars");
    const rows = new Map(Object.keys(face.scores).map((label) => [label, barRow(label)]));
    list.append(...[...rows.values()].map(({ row }) => row));
    details.append(summary, list);
    item.append(details);
    const [later] = [...this.cards.values()].filter(({ track }) => track > face.track).sort((a, b) => a.track - b.track);
    this.list.insertBefore(item, later?.item ?? null); // by their numbers, whoever was seen first
    return { track: face.track, item, emoji, told, number, rows };
  }

  update(one, face, folder) {
    const source = `/emoji/${folder}/${face.emotion}.png`;
    if (!one.emoji.src.endsWith(source)) one.emoji.src = source;
    one.told.textContent = sentence(face);
    for (const [label, share] of Object.entries(face.scores)) setBar(one.rows.get(label), share, label === face.emotion);
  }
}
