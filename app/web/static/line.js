// A video's frames over a WebSocket, at most two under way; what comes back is drawn on a canvas.
const MOST = 2; // frames under way
const QUALITY = 0.8;
const WIDEST = 1280; // px of a frame's longer side: what the server takes, and what a face needs
const SPAN = 2000; // ms over which the meter's figures are taken

const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const median = (sorted) => (sorted.length ? sorted[sorted.length >> 1] : 0);

export class Line {
  // `mirrored` says whether to turn the frames; `closed` is called with a code when the server ends the line.
  constructor(video, canvas, { look, mirrored = () => false, closed }) {
    Object.assign(this, { video, canvas, look, mirrored });
    Object.assign(this, { under: new Map(), number: 0, shown: 0, times: [], trips: [], delay: 0, seen: null });
    Object.assign(this, { pending: false, packing: false, over: false, settled: null });
    this.small = document.createElement("canvas");
    this.socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/api/camera`);
    this.socket.binaryType = "arraybuffer";
    this.opened = new Promise((done) => this.socket.addEventListener("open", done));
    this.opened.then(() => this.changeLook());
    this.socket.addEventListener("message", (event) => this.show(event.data));
    this.socket.addEventListener("close", (event) => this.over || closed(event.code));
  }

  get open() {
    return !this.over && this.socket.readyState === WebSocket.OPEN;
  }

  changeLook() {
    const { style, theme } = this.look();
    if (this.open) this.socket.send(JSON.stringify({ style, theme }));
  }

  // From now on each of the video's frames is sent, if there is room for it.
  follow() {
    if (this.over) return;
    const { video } = this;
    // Without a callback for each frame the screen's rate is the pace, and may be several times the video's.
    if (video.requestVideoFrameCallback || video.currentTime !== this.seenTime) {
      this.seenTime = video.currentTime;
      this.pending = true;
      this.send();
    }
    if (video.requestVideoFrameCallback) video.requestVideoFrameCallback(() => this.follow());
    else requestAnimationFrame(() => this.follow());
  }

  // Send the frame at which the video stands several times, so that its faces are known. Gives a trip's median, ms.
  async rehearse(times) {
    await this.opened;
    for (let time = 0; time < times; time++) {
      await new Promise((done) => {
        this.settled = done;
        this.pending = true;
        this.send();
      });
    }
    return this.trip;
  }

  // Wait until all that was sent has been drawn.
  async drain(longest = 2000) {
    const end = performance.now() + longest;
    while ((this.under.size || this.packing) && performance.now() < end && !this.over) await pause(10);
    await pause(this.delay);
  }

  async send() {
    const { video, small } = this;
    if (!this.pending || this.packing || this.under.size >= MOST || !this.open || !video.videoWidth) return;
    this.pending = false;
    this.packing = true;
    const number = ++this.number;
    this.under.set(number, performance.now());
    this.copy(video, small);
    const blob = await new Promise((done) => small.toBlob(done, "image/jpeg", QUALITY));
    const jpeg = blob && (await blob.arrayBuffer());
    this.packing = false;
    if (!jpeg || !this.open) return void this.under.delete(number);
    const message = new Uint8Array(4 + jpeg.byteLength);
    new DataView(message.buffer).setUint32(0, number, true);
    message.set(new Uint8Array(jpeg), 4);
    this.socket.send(message);
    this.send();
  }

  copy(video, sheet) {
    const scale = Math.min(1, WIDEST / Math.max(video.videoWidth, video.videoHeight));
    const [width, height] = [Math.round(scale * video.videoWidth), Math.round(scale * video.videoHeight)];
    if (sheet.width !== width || sheet.height !== height) [sheet.width, sheet.height] = [width, height];
    const brush = sheet.getContext("2d", { alpha: false });
    const turned = this.mirrored();
    brush.setTransform(turned ? -1 : 1, 0, 0, 1, turned ? width : 0, 0);
    brush.drawImage(video, 0, 0, width, height);
  }

  async show(data) {
    if (this.over) return;
    const head = new DataView(data);
    const [number, length] = [head.getUint32(0, true), head.getUint32(4, true)];
    const then = this.under.get(number);
    for (const one of this.under.keys()) if (one <= number) this.under.delete(one);
    if (then) this.trips.push([performance.now(), performance.now() - then]);
    this.send();
    const seen = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 8, length)));
    const picture = await createImageBitmap(new Blob([new Uint8Array(data, 8 + length)], { type: "image/jpeg" }));
    const early = (then ?? 0) + this.delay - performance.now();
    if (early > 0) await pause(early);
    if (this.over || number < this.shown) return picture.close();
    this.shown = number;
    this.seen = seen;
    this.times.push(performance.now());
    this.draw(picture);
    this.settled?.();
  }

  draw(picture) {
    const { canvas } = this;
    if (canvas.width !== picture.width || canvas.height !== picture.height) {
      [canvas.width, canvas.height] = [picture.width, picture.height];
    }
    canvas.getContext("2d", { alpha: false }).drawImage(picture, 0, 0);
    picture.close();
  }

  recent() {
    const now = performance.now();
    this.times = this.times.filter((time) => now - time < SPAN);
    this.trips = this.trips.filter(([time]) => now - time < SPAN);
    return this.trips.map(([, trip]) => trip).sort((a, b) => a - b);
  }

  get trip() {
    return median(this.recent());
  }

  // Frames a second, and how long they were under way: the median and the 95th of a hundred, ms.
  get figures() {
    const trips = this.recent();
    const span = Math.max(1, performance.now() - (this.times[0] ?? 0));
    const rate = this.times.length > 1 ? (1000 * this.times.length) / span : 0;
    return { rate, trip: median(trips), slow: trips[Math.floor(0.95 * (trips.length - 1))] };
  }

  close() {
    this.over = true;
    this.socket.close();
  }
}
