// A part of the page that fills the screen, and the button for it; where the browser can't, there is no button.
import { say, word } from "./words.js";

export class FullScreen {
  constructor(part, button) {
    this.part = part;
    button.hidden = !document.fullscreenEnabled;
    button.addEventListener("click", () => (this.on ? this.leave() : this.enter()));
    document.addEventListener("fullscreenchange", () => {
      button.setAttribute("aria-pressed", String(this.on));
      button.dataset.wordTitle = this.on ? "camera.full-leave" : "camera.full";
      button.title = word(button.dataset.wordTitle);
      say(button.querySelector("span"), button.dataset.wordTitle);
    });
  }

  get on() {
    return document.fullscreenElement === this.part;
  }

  // The browser may refuse; the picture then stays as large as it is.
  async enter() {
    try {
      await this.part.requestFullscreen();
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
    }
  }

  leave() {
    if (this.on) return document.exitFullscreen();
  }
}
