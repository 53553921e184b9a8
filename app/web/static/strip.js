// The strip of thumbnails: each photo with its state.
import { $, button, element } from "./elements.js";
import { word } from "./words.js";

const SIDE = 176; // px of a thumbnail, for screens with two px a point

async function thumbnail(canvas, blob) {
  const picture = await createImageBitmap(blob);
  const cut = Math.min(picture.width, picture.height);
  const [left, top] = [(picture.width - cut) / 2, (picture.height - cut) / 2];
  canvas.width = canvas.height = SIDE;
  const brush = canvas.getContext("2d");
  brush.imageSmoothingQuality = "high";
  brush.drawImage(picture, left, top, cut, cut, 0, 0, SIDE, SIDE);
  picture.close();
}

export class Strip {
  constructor(photos) {
    this.photos = photos;
    this.tiles = new Map();
    $("strip").addEventListener("keydown", (event) => this.key(event));
  }

  show() {
    const { list, current } = this.photos;
    $("strip-row").hidden = list.length < 2;
    for (const [photo, tile] of this.tiles) {
      if (!list.includes(photo)) {
        tile.item.remove();
        this.tiles.delete(photo);
      }
    }
    for (const photo of list) {
      if (!this.tiles.has(photo)) this.tiles.set(photo, this.tile(photo));
      this.update(photo, this.tiles.get(photo), photo === current);
    }
  }

  tile(photo) {
    const item = element("li", "tile");
    const open = element("button", "thumb");
    open.type = "button";
    const canvas = element("canvas");
    const mark = element("span", "state");
    open.append(canvas, mark);
    open.addEventListener("click", () => this.photos.select(photo));
    const drop = button("drop-photo", "", "close");
    drop.addEventListener("click", () => this.drop(photo));
    item.append(open, drop);
    $("strip").append(item);
    return { item, open, canvas, mark, drop, shown: null };
  }

  update(photo, tile, chosen) {
    const state = photo.state === "done" && !photo.ready ? "waiting" : photo.state;
    tile.item.className = `tile ${state}`;
    tile.open.setAttribute("aria-current", String(chosen));
    tile.open.setAttribute("aria-label", `${photo.name}: ${word(`state.${state}`)}`);
    tile.open.title = photo.name;
    tile.mark.textContent = state === "bad" ? "!" : "";
    const gone = word("strip.remove", { name: photo.name });
    tile.drop.setAttribute("aria-label", gone);
    tile.drop.title = gone;
    if (photo.image && tile.shown !== photo.image) {
      tile.shown = photo.image;
      thumbnail(tile.canvas, photo.image);
    }
  }

  drop(photo) {
    const at = this.photos.list.indexOf(photo);
    this.photos.remove(photo);
    const next = this.photos.list[Math.min(at, this.photos.list.length - 1)];
    if (next) this.tiles.get(next)?.open.focus();
  }

  key(event) {
    const { list } = this.photos;
    const at = list.findIndex((photo) => this.tiles.get(photo).open === event.target);
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (at < 0) return;
    if (event.key === "Delete") this.drop(list[at]);
    if (step) this.tiles.get(list[(at + step + list.length) % list.length]).open.focus();
  }
}
