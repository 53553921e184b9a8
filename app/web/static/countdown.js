// 3, 2, 1 over the picture, and then something happens; it can be stopped.
import { $ } from "./elements.js";
import { say, word } from "./words.js";

const SECONDS = 3;

export class Countdown {
  constructor(button, done, told) {
    this.button = button;
    this.done = done;
    this.told = told;
    button.addEventListener("click", () => (this.left ? this.stop() : this.start()));
    addEventListener("keydown", (event) => event.key === "Escape" && this.stop());
  }

  start() {
    this.told(word("camera.counting"));
    this.show(SECONDS);
    this.ticker = setInterval(() => {
      if (this.left > 1) return this.show(this.left - 1);
      this.stop();
      this.done();
    }, 1000);
  }

  stop() {
    clearInterval(this.ticker);
    this.show(0);
  }

  show(left) {
    this.left = left;
    $("count").hidden = !left;
    $("count").textContent = left;
    this.button.setAttribute("aria-pressed", String(left > 0));
    say(this.button.querySelector("span"), left ? "camera.later-stop" : "camera.later");
  }
}
