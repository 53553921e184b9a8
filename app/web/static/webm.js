// The length and the index of a WebM: a browser that records writes its header before it knows them. (RFC 8794, RFC 9559)
const SEGMENT = 0x18538067;
const INFO = 0x1549a966;
const DURATION = 0x4489;
const TRACKS = 0x1654ae6b;
const TRACK = { ENTRY: 0xae, NUMBER: 0xd7, TYPE: 0x83, VIDEO: 1 };
const CLUSTER = 0x1f43b675;
const TIMESTAMP = 0xe7;
const BLOCK = { SIMPLE: 0xa3, GROUP: 0xa0, INSIDE: 0xa1, REFERENCE: 0xfb };
const CUE = { ALL: 0x1c53bb6b, POINT: 0xbb, TIME: 0xb3, PLACE: 0xb7, TRACK: 0xf7, CLUSTER: 0xf1 };
const MOVED = new Set([0x114d9b74, 0xec, CUE.ALL]); // what tells places, or only holds one

// --- read ---

// An element's number, which is read with the bit that tells its width, or its size, which is read without.
function variable(bytes, at, whole) {
  let width = 1;
  while (width < 9 && !(bytes[at] & (0x100 >> width))) width += 1;
  if (width > 8) throw new RangeError("no element begins here");
  const most = (0x80 >> (width - 1)) - 1;
  let value = whole ? bytes[at] : bytes[at] & most;
  let ones = (bytes[at] & most) === most;
  for (let more = 1; more < width; more++) {
    value = value * 256 + bytes[at + more];
    ones &&= bytes[at + more] === 0xff;
  }
  return { value: ones && !whole ? Infinity : value, width };
}

// Where an element's content begins and ends; of one whose size is unknown, its end is that of what it lies in.
function elementAt(bytes, start, end) {
  const id = variable(bytes, start, true);
  const size = variable(bytes, start + id.width, false);
  const body = start + id.width + size.width;
  return { id: id.value, start, body, end: Math.min(end, body + size.value), open: size.value === Infinity };
}

function* elements(bytes, start, end) {
  for (let at = start; at < end; ) {
    const one = elementAt(bytes, at, end);
    yield one;
    at = one.open ? one.body : one.end; // of an open one, what lies in it comes next
  }
}

const uint = (bytes, { body, end }) => bytes.subarray(body, end).reduce((sum, byte) => sum * 256 + byte, 0);

function videoTrack(bytes, tracks) {
  for (const entry of elements(bytes, tracks.body, tracks.end)) {
    const fields = [...elements(bytes, entry.body, entry.end)];
    const field = (id) => uint(bytes, fields.find((one) => one.id === id));
    if (entry.id === TRACK.ENTRY && field(TRACK.TYPE) === TRACK.VIDEO) return field(TRACK.NUMBER);
  }
  return 0;
}

// A block's track, its time behind its cluster's, and whether decoding can begin there.
function blockOf(bytes, one) {
  const inside = one.id === BLOCK.GROUP ? [...elements(bytes, one.body, one.end)] : [];
  const { body } = inside.find(({ id }) => id === BLOCK.INSIDE) ?? one;
  const track = variable(bytes, body, false);
  const [high, low, flags] = bytes.subarray(body + track.width, body + track.width + 3);
  const key = one.id === BLOCK.GROUP ? !inside.some(({ id }) => id === BLOCK.REFERENCE) : Boolean(flags & 0x80);
  return { track: track.value, time: ((high << 24) | (low << 16)) >> 16, key };
}

// What lies in a segment: what its header keeps, where each cluster that can be jumped to begins, and when all ends.
class Survey {
  constructor(bytes, segment) {
    Object.assign(this, { bytes, kept: [], first: 0, cues: [], video: 0, cluster: null });
    this.last = new Map(); // of each track, the times of its last two blocks
    for (const one of elements(bytes, segment.body, segment.end)) this.take(one);
  }

  take(one) {
    if (one.id === TRACKS) this.video = videoTrack(this.bytes, one);
    if (one.id === CLUSTER) this.enter(one);
    else if (this.cluster) this.within(one);
    else if (!MOVED.has(one.id)) this.kept.push(one);
  }

  enter(one) {
    this.first ||= one.start;
    this.cluster = { at: one.start, time: 0, known: false };
    if (one.open) return; // what lies in it comes next
    for (const inside of elements(this.bytes, one.body, one.end)) this.within(inside);
  }

  within(one) {
    const { bytes, cluster, last } = this;
    if (one.id === TIMESTAMP) cluster.time = uint(bytes, one);
    if (one.id !== BLOCK.SIMPLE && one.id !== BLOCK.GROUP) return;
    const block = blockOf(bytes, one);
    const time = cluster.time + block.time;
    last.set(block.track, [last.get(block.track)?.[1] ?? time, time]);
    if (block.track !== this.video || cluster.known) return;
    cluster.known = true;
    if (block.key) this.cues.push({ time, at: cluster.at });
  }

  // The last block lasts as long as the one before it.
  get length() {
    return Math.max(0, ...[...this.last.values()].map(([before, time]) => 2 * time - before));
  }
}

// --- write ---

function wide(value, first = 0) {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, BigInt(value));
  view.setUint8(0, first || view.getUint8(0));
  return new Uint8Array(view.buffer);
}

function joined(parts) {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

const named = (id) => Uint8Array.from(id.toString(16).match(/../g), (pair) => parseInt(pair, 16));
const sized = (id, ...parts) => {
  const body = joined(parts);
  return joined([named(id), wide(body.length, 0x01), body]);
};

function real(value) {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return new Uint8Array(view.buffer);
}

// All cues, of a fixed size each: `moved` is by how much the clusters lie elsewhere than before.
function cuesOf({ cues, video }, moved) {
  const points = cues.map(({ time, at }) =>
    sized(CUE.POINT, sized(CUE.TIME, wide(time)), sized(CUE.PLACE, sized(CUE.TRACK, wide(video)), sized(CUE.CLUSTER, wide(at + moved)))),
  );
  return sized(CUE.ALL, ...points);
}

// The same recording with its length and an index in its header; what isn't understood stays as it is.
export async function complete(blob) {
  try {
    return completed(blob, new Uint8Array(await blob.arrayBuffer()));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return blob;
  }
}

function completed(blob, bytes) {
  const first = elementAt(bytes, 0, bytes.length);
  const segment = elementAt(bytes, first.end, bytes.length);
  if (segment.id !== SEGMENT) return blob;
  const found = new Survey(bytes, segment);
  const info = found.kept.find(({ id }) => id === INFO);
  if (!info || !found.first) return blob;
  const fields = [...elements(bytes, info.body, info.end)].filter(({ id }) => id !== DURATION);
  const told = sized(INFO, ...fields.map(({ start, end }) => bytes.subarray(start, end)), sized(DURATION, real(found.length)));
  const rest = found.kept.filter((one) => one !== info).map(({ start, end }) => bytes.subarray(start, end));
  const head = told.length + rest.reduce((sum, one) => sum + one.length, 0) + cuesOf(found, 0).length;
  const parts = [told, ...rest, cuesOf(found, head - found.first)];
  const size = head + segment.end - found.first;
  // Clusters that a browser recorded have no size of their own: within a segment that has one, they would be a fault.
  const length = segment.open ? Uint8Array.of(0x01, ...Array(7).fill(0xff)) : wide(size, 0x01);
  const begin = [bytes.subarray(0, first.end), named(SEGMENT), length];
  return new Blob([...begin, ...parts, blob.slice(found.first, segment.end)], { type: blob.type });
}
