// Tabs, and what photo, camera and clip share.
import { Bench } from "./bench.js";
import { Camera } from "./camera.js";
import { Clip } from "./clip.js";
import { $ } from "./elements.js";
import { offerInstalling } from "./install.js";
import { Look } from "./look.js";
import { isClip } from "./names.js";

const [photoTab, cameraTab, clipTab] = ["photo", "camera", "clip"].map((name) => $(`tab-${name}`));
const tabs = [photoTab, cameraTab, clipTab];

const photoLook = new Look($("photo-look"), "photo", () => bench.restyle());
const bench = new Bench(() => photoLook.now, { snap: () => snap(), take: (files) => take(files) });
const cameraLook = new Look($("camera-look"), "camera", () => camera.changeLook());
const camera = new Camera(() => cameraLook.now, (blob) => take([new File([blob], "camera.jpg", { type: blob.type })]));
const clipLook = new Look($("clip-look"), "clip", () => clip.changeLook());
const clip = new Clip(() => clipLook.now);

function select(tab, focus = false) {
  for (const one of tabs) {
    const chosen = one === tab;
    one.setAttribute("aria-selected", String(chosen));
    one.tabIndex = chosen ? 0 : -1;
    $(one.getAttribute("aria-controls")).hidden = !chosen;
  }
  if (tab !== cameraTab) camera.stop();
  if (focus) tab.focus();
}

// Files, from wherever they come: a clip, or photos. A clip among photos is refused there, by a word that says what to do.
function take(files) {
  if (!files.length) return;
  if (files.every(isClip)) {
    select(clipTab);
    clip.open(files[0], { others: files.length > 1 });
  } else {
    select(photoTab);
    bench.take(files);
  }
}

function snap() {
  if (matchMedia("(pointer: coarse)").matches) {
    $("snap").click();
  } else {
    select(cameraTab);
    camera.start().then(() => $("shot").focus());
  }
}

tabs.forEach((tab, place) => {
  tab.addEventListener("click", () => select(tab));
  tab.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step) select(tabs[(place + step + tabs.length) % tabs.length], true);
  });
});
const wanted = $(`tab-${location.hash.slice(1)}`);
if (tabs.includes(wanted)) select(wanted);
offerInstalling($("install"));
