// Makes a photo smaller that the server would refuse. What the browser can't show goes as it is.
const QUALITY = 0.92;
const TRIES = 6;
const MOST = 16_000_000; // px that every browser's canvas has
const STILL = /^image\/(?!gif|svg)/; // of a picture that moves, a copy would be one moment

export async function loaded(url) {
  const picture = new Image();
  picture.src = url;
  try {
    await picture.decode();
    return picture;
  } catch (error) {
    if (error instanceof DOMException) return null;
    throw error;
  }
}

function drawn(picture, width, height) {
  const sheet = document.createElement("canvas");
  sheet.width = width;
  sheet.height = height;
  const brush = sheet.getContext("2d");
  brush.imageSmoothingQuality = "high";
  brush.drawImage(picture, 0, 0, width, height); // upright: browsers turn a picture as its EXIF says
  return sheet;
}

function isClear(picture) {
  const { data } = drawn(picture, 64, 64).getContext("2d").getImageData(0, 0, 64, 64);
  return data.some((value, place) => place % 4 === 3 && value < 255);
}

const written = (sheet, type) => new Promise((done) => sheet.toBlob(done, type, QUALITY));

// The photo itself, or a smaller copy, and its size; `picture` is null where the browser can't show it.
export async function fitting(file, limits) {
  const url = URL.createObjectURL(file);
  try {
    const picture = await loaded(url);
    if (!picture) return { blob: file, picture };
    const [width, height] = [picture.naturalWidth, picture.naturalHeight];
    if ((file.size <= limits.bytes && width * height <= limits.pixels) || !STILL.test(file.type)) return { blob: file, picture };
    const type = file.type !== "image/jpeg" && isClear(picture) ? "image/png" : "image/jpeg";
    let scale = Math.min(1, Math.sqrt(Math.min(MOST, limits.pixels) / (width * height)));
    for (let turn = 0; turn < TRIES; turn++, scale *= 0.75) {
      const blob = await written(drawn(picture, Math.max(1, Math.floor(scale * width)), Math.max(1, Math.floor(scale * height))), type);
      if (blob && blob.size <= limits.bytes) {
        return { blob, picture, smaller: [Math.floor(scale * width), Math.floor(scale * height)] };
      }
    }
    return { blob: file, picture };
  } finally {
    URL.revokeObjectURL(url);
  }
}
