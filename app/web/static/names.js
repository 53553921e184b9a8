// Names of files, and what they say of their kind: a photo's result is called as the photo, with “-emoji” behind it.
const SUFFIXES = { "image/jpeg": "jpg", "image/png": "png", "image/webp": "webp" };

export const isClip = (file) => file.type.startsWith("video/") || /\.(mp4|m4v|mov|webm|mkv)$/i.test(file.name);

export function stem(name) {
  const last = name.split(/[\\/]/).pop().replace(/[\u0000-\u001f<>:"|?*]/g, "");
  return last.replace(/\.(?=\w*[a-z])\w{2,5}$/i, "") || "photo"; // “Meeting v1.2” has no suffix
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
