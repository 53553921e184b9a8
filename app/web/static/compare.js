// A photo with emoji, and as it was: a slider divides them. It rests at the edge, so that all emoji are seen.
import { $ } from "./elements.js";
import { word } from "./words.js";

export class Compare {
  constructor() {
    this.photo = null;
    $("at").addEventListener("input", () => this.slide());
  }

  show(photo) {
    const fresh = photo !== this.photo;
    this.photo = photo;
    if (fresh) $("at").value = 0;
    const after = photo.url ?? photo.before ?? "";
    const change = (image, url) => {
      if (!url) image.removeAttribute("src");
      else if (image.getAttribute("src") !== url) image.src = url;
    };
    change($("after"), after);
    change($("before"), photo.before);
    $("after").alt = word(photo.url ? "photo.after" : "photo.before");
    // Most browsers can't show HEIC or TIFF: then there is no before.
    $("compare").classList.toggle("alone", !photo.before || !photo.url);
    $("working").hidden = !["waiting", "reading", "drawing"].includes(photo.state) || photo.ready;
    $("working").querySelector(".what").textContent = word(photo.edits ? "photo.drawing" : "photo.reading");
    this.slide();
  }

  slide() {
    const at = Number($("at").value);
    const { style, classList } = $("compare");
    style.setProperty("--at", `${at}%`);
    classList.toggle("divided", at > 0);
    $("at").setAttribute("aria-valuetext", word("slider.value", { before: at, after: 100 - at }));
    $("compare").querySelector(".left").style.opacity = at > 15 ? 1 : 0;
    $("compare").querySelector(".right").style.opacity = at > 0 && at < 85 ? 1 : 0;
  }
}
