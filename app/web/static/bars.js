// The scores of a face, as bars.
import { element } from "./elements.js";
import { named, percent } from "./words.js";

export function barRow(label) {
  const row = element("div");
  const track = element("span", "track");
  const fill = element("i");
  track.append(fill);
  const text = element("span", "value");
  const value = element("dd");
  value.append(track, text);
  row.append(element("dt", "", named("emotion", label)), value);
  return { row, fill, text };
}

export function setBar({ row, fill, text }, share, best) {
  row.className = best ? "best" : "";
  fill.style.width = `${(100 * share).toFixed(1)}%`;
  text.textContent = percent(share);
}

export function bars(face) {
  const list = element("dl", "bars");
  for (const [label, share] of Object.entries(face.scores).sort((a, b) => b[1] - a[1])) {
    const one = barRow(label);
    setBar(one, share, label === face.emotion);
    list.append(one.row);
  }
  return list;
}
