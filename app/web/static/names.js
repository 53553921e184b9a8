// Names of files: a photo's result is called as the photo, with “-emoji” behind it.
const SUFFIXES = { "image/jpeg": "jpg", "image/png": "png", "image/webp": "webp" };

export function stem(name) {
  const last = name.split(/[\\/]/).pop().replace(/[\u0000-\u001f<>:"|?*]/g, "");
  return last.replace(/\.[^.]{1,5}$/, "") || "photo";
}

export const resultName = (name, type) => `${stem(name)}-emoji.${SUFFIXES[type] ?? "jpg"}`;

// The same names, but no two alike: a.jpg, a-2.jpg.
export function distinct(names) {
  const taken = new Set();
  return names.map((name) => {
    const dot = name.lastIndexOf(".");
    let one = name;
    for (let number = 2; taken.has(one.toLowerCase()); number++) one = `${name.slice(0, dot)}-${number}${name.slice(dot)}`;
    taken.add(one.toLowerCase());
    return one;
  });
}
