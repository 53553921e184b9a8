// The faces of a stream. Their bars are moved, not made anew: thirty times a second would be hard on eyes and machine.
import { barRow, setBar } from "./bars.js";
import { element } from "./elements.js";
import { named, percent } from "./words.js";

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
    const head = element("div", "head");
    const emoji = element("img", "emoji");
    emoji.alt = "";
    const name = element("span", "name");
    const sure = element("span", "percent");
    head.append(emoji, name, sure);
    const list = element("dl", "bars");
    const rows = new Map(Object.keys(face.scores).map((label) => [label, barRow(label)]));
    list.append(...[...rows.values()].map(({ row }) => row));
    item.append(head, list);
    this.list.append(item);
    return { item, emoji, name, sure, rows };
  }

  update(one, face, folder) {
    const source = `/emoji/${folder}/${face.emotion}.png`;
    if (!one.emoji.src.endsWith(source)) one.emoji.src = source;
    one.name.textContent = named("emotion", face.emotion);
    one.sure.textContent = percent(face.confidence);
    for (const [label, share] of Object.entries(face.scores)) setBar(one.rows.get(label), share, label === face.emotion);
  }
}
