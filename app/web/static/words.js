// The page's words, from one file for each language. The server fills in the browser's language; another is chosen by hand.
const REMEMBERED = "language";
const listeners = [];
let words = {};

export const language = () => document.documentElement.lang;

export function word(key, values = {}) {
  return (words[key] ?? key).replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);
}

export const has = (key) => key in words;

// The word for an emotion, a style or a theme; of one that has none, its own name.
export const named = (family, name) => (has(`${family}.${name}`) ? word(`${family}.${name}`) : name);

// The word for an error of the browser, or for the code with which the server ends a stream.
export const because = (family, name) => word(has(`${family}.${name}`) ? `${family}.${name}` : `${family}.other`);

// An element says a word, in other languages too.
export function say(element, key) {
  element.dataset.word = key;
  element.textContent = word(key);
}

export const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

export const percent = (share) => new Intl.NumberFormat(language(), { style: "percent" }).format(share);

export function capital(text) {
  return text.charAt(0).toLocaleUpperCase(language()) + text.slice(1);
}

// What was made from words must be made anew when the language changes.
export function whenSpoken(listener) {
  listeners.push(listener);
}

// An element says what its `data-word` names; `data-word-title="key"` fills its attribute `title`.
export function fill(root) {
  for (const one of root.querySelectorAll("*")) {
    for (const [name, key] of Object.entries(one.dataset)) {
      if (name === "word") one.textContent = word(key, one.dataset);
      else if (name.startsWith("word")) {
        const attribute = name.slice(4).replace(/[A-Z]/g, (letter, at) => (at ? "-" : "") + letter.toLowerCase());
        one.setAttribute(attribute, word(key, one.dataset));
      }
    }
    if (one instanceof HTMLTemplateElement) fill(one.content);
  }
}

export async function speak(tag, { remember = false } = {}) {
  const answer = await fetch(`/static/words/${tag}.json`);
  if (!answer.ok) return;
  words = await answer.json();
  const other = tag !== language();
  document.documentElement.lang = tag;
  if (other) fill(document);
  if (remember) keep(tag);
  for (const listener of listeners) listener();
}

// Some browsers give a page no storage; then nothing is remembered.
function keep(tag) {
  try {
    localStorage.setItem(REMEMBERED, tag);
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
  }
}

function kept() {
  try {
    return localStorage.getItem(REMEMBERED);
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    return null;
  }
}

const choice = document.getElementById("language");
const tags = [...choice.options].map((option) => option.value);
await speak(tags.includes(kept()) ? kept() : language());
choice.value = language();
choice.addEventListener("change", () => speak(choice.value, { remember: true }));
