// One plain sentence about a face.
import { capital, named, word } from "./words.js";

const CALM = "neutral";
const LIKELY = 0.55;
const WORTH = 0.15; // share from which on a second emotion is named

function guess(face) {
  const [[first, most], [second, next]] = Object.entries(face.scores).sort((a, b) => b[1] - a[1]);
  if (most >= LIKELY) return first === CALM ? named("looks", CALM) : word("face.probably", { a: named("looks", first) });
  if (next < WORTH) return word("face.maybe", { a: named("looks", first) });
  return word("face.either", { a: named("looks", first), b: named("looks", second) });
}

export function sentence(face) {
  if (face.show === "none") return capital(word("face.none"));
  if (face.show === "blur") return capital(word("face.blur"));
  if (face.byHand) return capital(word("face.chosen", { a: named("looks", face.show) }));
  return capital(guess(face));
}

export function remark(face) {
  return face.unsure && !face.byHand ? word("face.unsure") : "";
}
