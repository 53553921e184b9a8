// A zip file whose files are not packed any further: pictures are packed already. (PKWARE's APPNOTE 6.3, without zip64.)
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  for (let bit = 0; bit < 8; bit++) byte = byte & 1 ? 0xedb88320 ^ (byte >>> 1) : byte >>> 1;
  return byte;
});
const UTF8 = 0x0800; // the flag that says how names are written
const VERSION = 20;
const MOST = 0xffffffff;

export function checksum(bytes) {
  let sum = 0xffffffff;
  for (const byte of bytes) sum = TABLE[(sum ^ byte) & 0xff] ^ (sum >>> 8);
  return (sum ^ 0xffffffff) >>> 0;
}

// [width in bytes, value] one after the other, little-endian.
function packed(...fields) {
  const view = new DataView(new ArrayBuffer(fields.reduce((sum, [width]) => sum + width, 0)));
  let at = 0;
  for (const [width, value] of fields) {
    if (width === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += width;
  }
  return view.buffer;
}

const clock = (now) => (now.getHours() << 11) | (now.getMinutes() << 5) | (now.getSeconds() >> 1);
const calendar = (now) => ((now.getFullYear() - 1980) << 9) | ((now.getMonth() + 1) << 5) | now.getDate();

export async function zipped(files, now = new Date()) {
  const bodies = [];
  const listing = [];
  let offset = 0;
  let listed = 0;
  for (const { name, blob } of files) {
    const title = new TextEncoder().encode(name);
    const sum = checksum(new Uint8Array(await blob.arrayBuffer()));
    const size = blob.size;
    const common = [[2, VERSION], [2, UTF8], [2, 0], [2, clock(now)], [2, calendar(now)], [4, sum], [4, size], [4, size], [2, title.length], [2, 0]];
    const head = packed([4, 0x04034b50], ...common);
    const entry = packed([4, 0x02014b50], [2, VERSION], ...common, [2, 0], [2, 0], [2, 0], [4, 0], [4, offset]);
    bodies.push(head, title, blob);
    listing.push(entry, title);
    offset += head.byteLength + title.length + size;
    listed += entry.byteLength + title.length;
  }
  if (offset + listed > MOST) throw new RangeError("a zip file of this kind has 4 GB at most");
  const count = files.length;
  const end = packed([4, 0x06054b50], [2, 0], [2, 0], [2, count], [2, count], [4, listed], [4, offset], [2, 0]);
  return new Blob([...bodies, ...listing, end], { type: "application/zip" });
}
