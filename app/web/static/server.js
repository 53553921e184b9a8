// What the page asks of its server: to look at a photo, and to draw its faces.
import { $ } from "./elements.js";
import { has, word } from "./words.js";

// How large a photo may be: the server says it.
export const LIMITS = {
  bytes: Number($("drop").dataset.bytes),
  pixels: Number($("drop").dataset.pixels),
  get values() {
    const { megabytes, megapixels } = $("drop").dataset;
    return { megabytes, megapixels };
  },
};

export class Refused extends Error {
  constructor(status, why = "", seconds = 0) {
    super(why);
    this.status = status; // 0: the server can't be reached
    this.seconds = seconds; // after which to try again
  }

  get later() {
    return this.status === 429 || this.status === 503;
  }

  get words() {
    if (this.status === 400 && this.message === "the photo is damaged") return word("refused.damaged");
    const key = `refused.${this.status}`;
    return word(has(key) ? key : "refused.other", LIMITS.values);
  }
}

async function ask(path, fields, accept) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  let answer;
  try {
    answer = await fetch(path, { method: "POST", body: form, headers: { Accept: accept } });
    if (answer.ok) return accept === "application/json" ? await answer.json() : await answer.blob();
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof SyntaxError)) throw error;
    throw new Refused(answer?.status ?? 0);
  }
  const seconds = Number(answer.headers.get("Retry-After")) || 2;
  const said = await answer.json().catch(() => ({}));
  throw new Refused(answer.status, said.error, seconds);
}

// The picture's format: what came as PNG or WebP may be transparent.
export const formOf = (photo) => (/^image\/(png|webp)$/.test(photo.type) ? "png" : "jpeg");

function unpacked(url) {
  const [head, body] = url.split(",");
  const bytes = Uint8Array.from(atob(body), (letter) => letter.charCodeAt(0));
  return new Blob([bytes], { type: head.slice(5, head.indexOf(";")) });
}

// { width, height, faces }, and the picture with emoji.
export async function see(photo, look) {
  const seen = await ask("/api/photo", { photo, style: look.style, theme: look.theme, image: formOf(photo) }, "application/json");
  const { image, ...rest } = seen;
  return { seen: rest, image: unpacked(image) };
}

export async function draw(photo, faces, look, form = formOf(photo)) {
  const wanted = faces.map(({ box, show, roll, degree, confidence }) => ({
    box: box.map((side) => Math.round(side * 10) / 10),
    show,
    roll,
    ...(degree === undefined ? {} : { degree, confidence }),
  }));
  return ask("/api/draw", { photo, style: look.style, theme: look.theme, faces: JSON.stringify(wanted) }, `image/${form}`);
}
