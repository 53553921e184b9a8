// The cameras there are, to choose one. Browsers name them only after one of them was allowed.
import { element } from "./elements.js";
import { whenSpoken, word } from "./words.js";

export class Cameras {
  constructor(row, select, changed) {
    this.row = row;
    this.select = select;
    select.addEventListener("change", changed);
    navigator.mediaDevices?.addEventListener?.("devicechange", () => this.list());
    whenSpoken(() => this.list());
  }

  get chosen() {
    return this.select.value;
  }

  // `current`: the one that gives the picture.
  async list(current = this.chosen) {
    const all = (await navigator.mediaDevices?.enumerateDevices?.()) ?? [];
    const found = all.filter(({ kind, deviceId }) => kind === "videoinput" && deviceId);
    const options = found.map(({ deviceId, label }, place) => {
      const option = element("option", "", label || word("camera.nameless", { number: place + 1 }));
      option.value = deviceId;
      return option;
    });
    this.select.replaceChildren(...options);
    if (found.some(({ deviceId }) => deviceId === current)) this.select.value = current;
    this.row.hidden = found.length < 2;
  }
}
