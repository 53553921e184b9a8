// Style and theme, chosen by their pictures. What there is to choose, the server has put into the page.
import { $ } from "./elements.js";

export class Look {
  constructor(place, name, changed) {
    this.place = place;
    this.name = name;
    const copy = $("look").content.cloneNode(true);
    for (const input of copy.querySelectorAll("input")) input.name = `${name}-${input.name}`;
    const themes = copy.querySelector(".themes");
    if (themes.querySelectorAll("input").length < 2) themes.hidden = true;
    place.append(copy);
    place.addEventListener("change", () => {
      this.picture();
      changed();
    });
    this.picture();
  }

  chosen(what) {
    return this.place.querySelector(`input[name="${this.name}-${what}"]:checked`);
  }

  get now() {
    const theme = this.chosen("theme");
    return { style: this.chosen("style").value, theme: theme.value, folder: theme.dataset.folder };
  }

  // Each style is shown with the emoji of the theme.
  picture() {
    for (const image of this.place.querySelectorAll("img[data-style]")) {
      image.src = `/preview/${this.now.folder}/${image.dataset.style}.png`;
    }
  }
}
