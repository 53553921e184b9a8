// The ways in which results go out: downloaded, as a zip, shared, copied.
import { $ } from "./elements.js";
import { distinct, resultName } from "./names.js";
import { inFormat } from "./photos.js";
import { Refused } from "./server.js";
import { zipped } from "./zip.js";

function download(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

async function asPng(blob) {
  if (blob.type === "image/png") return blob;
  const picture = await createImageBitmap(blob);
  const sheet = document.createElement("canvas");
  [sheet.width, sheet.height] = [picture.width, picture.height];
  sheet.getContext("2d").drawImage(picture, 0, 0);
  return new Promise((done) => sheet.toBlob(done, "image/png"));
}

const asFile = ({ image, resultName: name }) => new File([image], name, { type: image.type });

export class Save {
  constructor(photos, look, said, failed) {
    this.photos = photos;
    this.look = look;
    this.said = said;
    this.failed = failed;
    $("save-jpeg").addEventListener("click", () => this.one("jpeg"));
    $("save-png").addEventListener("click", () => this.one("png"));
    $("save-all").addEventListener("click", () => this.all());
    $("share").addEventListener("click", () => this.share());
    $("copy").addEventListener("click", () => this.copy());
  }

  show(photo) {
    const ready = Boolean(photo?.ready);
    for (const id of ["save-jpeg", "save-png", "share", "copy"]) $(id).disabled = !ready;
    $("share").hidden = !(ready && navigator.canShare?.({ files: [asFile(photo)] }));
    $("copy").hidden = !(navigator.clipboard?.write && window.ClipboardItem);
    const { done, waiting } = this.photos;
    $("save-all").hidden = this.photos.list.length < 2;
    $("save-all").disabled = !done.length || waiting.length > 0;
  }

  async one(form) {
    const photo = this.photos.current;
    try {
      const image = await inFormat(photo, form, this.look());
      download(image, resultName(photo.name, image.type));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.failed(error.words);
    }
  }

  async all() {
    const { done } = this.photos;
    const names = distinct(done.map((photo) => photo.resultName));
    download(await zipped(done.map((photo, place) => ({ name: names[place], blob: photo.image }))), "emojicam.zip");
  }

  async share() {
    try {
      await navigator.share({ files: [asFile(this.photos.current)] });
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
      if (error.name !== "AbortError") this.said("share.failed"); // the user may think better of it
    }
  }

  async copy() {
    try {
      await navigator.clipboard.write([new ClipboardItem({ "image/png": asPng(this.photos.current.image) })]);
      this.said("copy.done");
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
      this.said("copy.failed");
    }
  }
}
