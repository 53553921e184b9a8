// A recording that is done: played, downloaded, shared, thrown away.
import { $ } from "./elements.js";
import { word } from "./words.js";

export class Recorded {
  constructor(place, { dropped, failed }) {
    this.place = place;
    this.failed = failed;
    place.append($("recorded").content.cloneNode(true));
    this.part(".drop-it").addEventListener("click", () => {
      this.drop();
      dropped();
    });
    this.part(".share").addEventListener("click", () => this.share());
  }

  part(selector) {
    return this.place.querySelector(selector);
  }

  show(blob, name) {
    this.drop();
    this.file = new File([blob], name, { type: blob.type });
    this.url = URL.createObjectURL(this.file);
    this.part("video").src = this.part(".save").href = this.url;
    this.part(".save").download = name;
    this.part(".share").hidden = !navigator.canShare?.({ files: [this.file] });
    this.place.hidden = false;
  }

  async share() {
    try {
      await navigator.share({ files: [this.file] });
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
      if (error.name !== "AbortError") this.failed(word("share.failed")); // the user may think better of it
    }
  }

  drop() {
    this.place.hidden = true;
    if (!this.url) return;
    this.part("video").removeAttribute("src");
    this.part("video").load();
    URL.revokeObjectURL(this.url);
    this.url = this.file = null;
  }
}
