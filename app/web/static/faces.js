// The scores of each face, as bars.
const percent = (share) => `${Math.round(100 * share)}\u00a0%`;

function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function bars(face) {
  const list = element("dl", "bars");
  const rows = Object.entries(face.scores).sort((a, b) => b[1] - a[1]);
  for (const [label, share] of rows) {
    const row = element("div", label === face.emotion ? "best" : "");
    const track = element("span", "track");
    const fill = element("i");
    fill.style.width = `${(100 * share).toFixed(1)}%`;
    track.append(fill);
    const value = element("dd");
    value.append(track, element("span", "value", percent(share)));
    row.append(element("dt", "", label), value);
    list.append(row);
  }
  return list;
}

export function card(face, number, several, folder) {
  const item = element("li", "face");
  const details = element("details");
  details.open = number <= 2;
  const head = element("summary");
  const emoji = element("img", "emoji");
  emoji.src = `/emoji/${folder}/${face.emotion}.png`;
  emoji.alt = "";
  const name = element("span", "name", face.emotion);
  const small = [several ? `Face ${number}` : "", face.unsure ? "hard to tell" : ""].filter(Boolean).join(", ");
  if (small) name.append(element("small", "", small));
  head.append(emoji, name, element("span", "percent", percent(face.confidence)));
  details.append(head, bars(face));
  item.append(details);
  return item;
}

// In a stream the bars of one face are moved, not made anew: thirty times a second would be hard on eyes and machine.
export class LiveCards {
  constructor(list) {
    this.list = list;
    this.cards = new Map();
  }

  show(faces, folder) {
    const here = new Set();
    for (const face of faces.slice(0, 4)) {
      const key = `${folder}/${face.track}`;
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
    const rows = new Map();
    for (const label of Object.keys(face.scores)) {
      const row = element("div");
      const track = element("span", "track");
      const fill = element("i");
      track.append(fill);
      const value = element("dd");
      const text = element("span", "value");
      value.append(track, text);
      row.append(element("dt", "", label), value);
      list.append(row);
      rows.set(label, { row, fill, text });
    }
    item.append(head, list);
    this.list.append(item);
    return { item, emoji, name, sure, rows };
  }

  update(one, face, folder) {
    const source = `/emoji/${folder}/${face.emotion}.png`;
    if (!one.emoji.src.endsWith(source)) one.emoji.src = source;
    one.name.textContent = face.emotion;
    one.sure.textContent = percent(face.confidence);
    for (const [label, share] of Object.entries(face.scores)) {
      const { row, fill, text } = one.rows.get(label);
      row.className = label === face.emotion ? "best" : "";
      fill.style.width = `${(100 * share).toFixed(1)}%`;
      text.textContent = percent(share);
    }
  }
}
