// The faces of a photo as the user wants them. Nothing here changes a face: each function gives new ones.
export const HEAD = 1.4; // how many times as large as the face's box the part is that stands for it on the page
const LEAST = 6; // px of a box
const LONG = 2; // how many times as high as wide, or as wide as high, a drawn box may be

let lastId = 0;

export const middle = ({ box: [left, top, width, height] }) => [left + width / 2, top + height / 2];

// As the API numbers them: from left to right.
export function inOrder(faces) {
  return [...faces].sort((a, b) => middle(a)[0] - middle(b)[0] || middle(a)[1] - middle(b)[1]);
}

export function fromSeen(seen) {
  const ordered = [...seen.faces].sort((a, b) => a.number - b.number);
  return ordered.map((face) => ({ ...face, id: ++lastId, show: face.emotion, seen: face, byHand: false }));
}

// Each emotion that is chosen by hand is drawn as its picture on the page; back again, as the model said.
export function shown(face, show) {
  const { degree, confidence } = show === face.seen?.emotion ? face.seen : {};
  return { ...face, show, degree, confidence, byHand: show !== face.seen?.emotion };
}

function within(box, { width, height }) {
  const [left, top, wide, high] = box;
  const at = (start, size, most) => Math.min(most - size / 2, Math.max(-size / 2, start));
  return [at(left, wide, width), at(top, high, height), wide, high];
}

export function moved(face, across, down, picture) {
  const [left, top, width, height] = face.box;
  return { ...face, box: within([left + across, top + down, width, height], picture) };
}

export function scaled(face, factor, picture) {
  const [x, y] = middle(face);
  const [, , width, height] = face.box;
  const most = 1.5 * Math.max(picture.width, picture.height);
  const k = Math.min(most / Math.max(width, height), Math.max(LEAST / Math.min(width, height), factor));
  return { ...face, box: within([x - (k * width) / 2, y - (k * height) / 2, k * width, k * height], picture) };
}

// A face that was missed, from the part of the picture that its head takes.
export function added([left, top, width, height], show, picture) {
  const [x, y] = [left + width / 2, top + height / 2];
  const size = [width / HEAD, height / HEAD];
  const [wide, high] = [Math.max(size[0], size[1] / LONG, LEAST), Math.max(size[1], size[0] / LONG, LEAST)];
  const box = within([x - wide / 2, y - high / 2, wide, high], picture);
  return { id: ++lastId, box, roll: 0, show, byHand: true };
}

// A list of faces that remembers what it was.
export class Edits {
  constructor(faces) {
    this.faces = faces;
    this.past = [];
  }

  get canUndo() {
    return this.past.length > 0;
  }

  // Steps of the same kind that follow each other, as by an arrow key that is held down, are undone together.
  set(faces, kind = "") {
    const now = performance.now();
    if (!(kind && kind === this.kind && now - this.since < 800)) this.past.push(this.faces);
    this.kind = kind;
    this.since = now;
    this.faces = faces;
  }

  replace(face, kind) {
    this.set(this.faces.map((one) => (one.id === face.id ? face : one)), kind);
  }

  add(face) {
    this.set([...this.faces, face]);
  }

  remove(id) {
    this.set(this.faces.filter((one) => one.id !== id));
  }

  undo() {
    this.kind = "";
    if (this.canUndo) this.faces = this.past.pop();
  }
}
